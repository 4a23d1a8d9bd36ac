using System.IO.Compression;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Tests.Corpus;

namespace OpenOva.Relay.Evidence.Tests.Bundle;

[Trait("Kind", "Fast")]
public sealed class ContainerTests
{
    private const long FourGiB = 1L << 32;

    [Fact]
    public async Task Bundle_ReadByAnotherZipReader_HasTheSameFiles()
    {
        using var keys = new SampleKeys();
        var sample = await SampleBundle.CreateAsync(keys);
        using var zip = new ZipArchive(new MemoryStream(await sample.PackAsync()));

        Assert.Equal([.. sample.Files.Keys, "bundle.jws"], zip.Entries.Select(e => e.FullName));
        foreach (var (path, content) in sample.Files)
        {
            using var to = new MemoryStream();
            using (var from = zip.GetEntry(path)!.Open()) from.CopyTo(to);
            Assert.Equal(content, to.ToArray());
        }
    }

    [Fact]
    public async Task Pack_Twice_DiffersInTheSignatureAlone()
    {
        using var keys = new SampleKeys();
        var sample = await SampleBundle.CreateAsync(keys);
        var (a, b) = (Forgery.Unzip(await sample.PackAsync()), Forgery.Unzip(await sample.PackAsync()));

        Assert.Equal(a[..^1].Select(f => Digests.Hex(f.Data)), b[..^1].Select(f => Digests.Hex(f.Data)));
        Assert.Equal(SampleBundle.Payload(a[^1].Data).ToJsonString(), SampleBundle.Payload(b[^1].Data).ToJsonString());
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\\b")]
    [InlineData("bundle.jws")]
    [InlineData("")]
    [InlineData("readme.TXT")]
    public async Task Pack_UnsafeName_IsRefused(string name)
    {
        using var keys = new SampleKeys();
        var sample = await SampleBundle.CreateAsync(keys);
        sample.Files[name] = [1];
        await Assert.ThrowsAsync<EvidenceFormatException>(async () => await sample.PackAsync());
    }

    [Fact]
    public async Task Pack_FileThatChangesMeanwhile_IsRefused()
    {
        using var keys = new SampleKeys();
        var sample = await SampleBundle.CreateAsync(keys);
        var head = Checkpoint.Parse(sample.Files[BundlePath.Checkpoint], "head");
        var opened = 0;
        await Assert.ThrowsAsync<EvidenceFormatException>(async () => await BundleWriter.WriteAsync(Stream.Null, "acme", "r", 1, head,
            [new("a", () => new MemoryStream([(byte)opened++]))], keys.Present, CancellationToken.None));
    }

    [Fact]
    public void Open_SeventyThousandEntries_ReadsThemAll()
    {
        var bundle = Forgery.Zip(Enumerable.Range(0, 70_000).Select(i => ($"e/{i:d6}", new byte[] { (byte)i })));
        var container = BundleContainer.Open(new MemoryStream(bundle));

        Assert.Equal(70_000, container.Entries.Count);
        Assert.Equal([unchecked((byte)69_999)], container.ReadEntry("e/069999", 1));
        using var zip = new ZipArchive(new MemoryStream(bundle));
        Assert.Equal(70_000, zip.Entries.Count);
    }

    [Theory]
    [InlineData(65_534, false)]
    [InlineData(65_535, true)]
    public void Open_AroundTheLimitOfEntries_UsesZip64ExactlyWhereNeeded(int entries, bool zip64)
    {
        var bundle = Forgery.Zip(Enumerable.Range(0, entries).Select(i => ($"{i:d6}", Array.Empty<byte>())));

        Assert.Equal(entries, BundleContainer.Open(new MemoryStream(bundle)).Entries.Count);
        Assert.Equal(zip64, bundle.AsSpan().IndexOf("PK\u0006\u0006"u8) >= 0);
    }

    [Fact]
    public void Records_AroundFourGiB_HaveTheirZip64FormFromTheFirstLargeValue()
    {
        static ZipEntry Entry(long bytes, long offset) => new("n", bytes, 1, offset);
        Assert.Equal(31, ZipRecords.Local(Entry(FourGiB - 2, 0)).Length);
        Assert.Equal(51, ZipRecords.Local(Entry(FourGiB - 1, 0)).Length);
        Assert.Equal(31, ZipRecords.Local(Entry(5, FourGiB)).Length);
        Assert.Equal(20, ZipRecords.Local(Entry(5, FourGiB))[4]);
        Assert.Equal([47, 67, 59, 75], new[] { Entry(FourGiB - 2, FourGiB - 2), Entry(FourGiB - 1, 0), Entry(5, FourGiB - 1), Entry(FourGiB, FourGiB) }.Select(e => ZipRecords.Central(e).Length));
        Assert.Equal([22, 98, 98, 98], new[] { ZipRecords.End(65_534, 1, 1), ZipRecords.End(65_535, 1, 1), ZipRecords.End(1, FourGiB - 1, 1), ZipRecords.End(1, 1, FourGiB - 1) }.Select(e => e.Length));
    }

    [Fact]
    public void Open_ContainerBeyondFourGiB_ReadsAndSoDoesAnotherReader()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 4_096, FileOptions.DeleteOnClose);
            // A sparse file: the large entry's zeros take no room.
            ZipEntry[] entries = [new("a", FourGiB + 5, 0, 0), new("b", 3, Crc("xyz"u8), ZipRecords.Local(new("a", FourGiB + 5, 0, 0)).Length + FourGiB + 5)];
            file.Write(ZipRecords.Local(entries[0]));
            file.Position = entries[1].Offset;
            file.Write(ZipRecords.Local(entries[1]));
            file.Write("xyz"u8);
            var directory = file.Position;
            foreach (var entry in entries) file.Write(ZipRecords.Central(entry));
            file.Write(ZipRecords.End(2, file.Position - directory, directory));
            file.Flush();

            var container = BundleContainer.Open(file);
            Assert.Equal(FourGiB + 5, container["a"].Bytes);
            Assert.Equal("xyz"u8.ToArray(), container.ReadEntry("b", 3));
            Assert.Throws<EvidenceFormatException>(() => container.ReadEntry("a", int.MaxValue));
            using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            Assert.Equal([FourGiB + 5, 3], zip.Entries.Select(e => e.Length));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = new OpenOva.Relay.Evidence.Recording.Crc32();
        crc.Append(data);
        return crc.Value;
    }

    [Fact]
    public void Crc32_KnownValuesAtAnySplit_AreMet()
    {
        Assert.Equal(0xCBF43926u, Crc("123456789"u8));
        Assert.Equal(0u, Crc([]));
        var data = new byte[100];
        new Random(32).NextBytes(data);
        for (var i = 0; i <= data.Length; i++)
        {
            var crc = new OpenOva.Relay.Evidence.Recording.Crc32();
            crc.Append(data.AsSpan(0, i));
            crc.Append(data.AsSpan(i));
            Assert.Equal(Crc(data), crc.Value);
        }
    }
}
