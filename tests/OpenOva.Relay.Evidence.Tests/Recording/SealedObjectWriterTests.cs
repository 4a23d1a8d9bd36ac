using System.IO.Compression;
using System.Text;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Recording;

[Trait("Kind", "Fast")]
public sealed class SealedObjectWriterTests
{
    // Lengths of segments, in instructions of 128 KiB; 0 is a segment of heartbeats only.
    [Theory]
    [InlineData(new[] { 0 }, 1)]
    [InlineData(new[] { 0, 0, 0 }, 1)]
    [InlineData(new[] { 1 }, 1)]
    [InlineData(new[] { 0, 1, 0 }, 1)]
    [InlineData(new[] { 33, 1 }, 2)]
    [InlineData(new[] { 33, 0 }, 2)]
    [InlineData(new[] { 33, 0, 0, 2 }, 2)]
    [InlineData(new[] { 16, 16, 16, 16, 5 }, 2)]
    [InlineData(new[] { 70, 70, 0 }, 3)]
    public async Task Write_Segments_MembersCoverAndDecompressToRaw(int[] lengths, int members)
    {
        using var to = new MemoryStream();
        using var raw = new MemoryStream();
        RecordingIndex index;
        await using (var writer = new SealedObjectWriter(to))
        {
            foreach (var (length, i) in lengths.Select((l, i) => (l, i)))
            {
                var segment = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, length).Select(n => $"65536.{new string((char)('a' + (n + i) % 26), 65_536)},65520.{new string('x', 65_520)};")));
                raw.Write(segment);
                await writer.WriteAsync($"header{i}", segment, CancellationToken.None);
            }

            index = await writer.FinishAsync("acme", "s");
            Assert.Equal(lengths.Sum(), writer.Instructions);
        }

        Assert.Equal(members, index.Members.Count);
        Assert.Equal(index.Encode(), RecordingIndex.Parse(index.Encode(), "index").Encode());
        Assert.Equal((to.Length, Digests.Hex(to.ToArray()), raw.Length, Digests.Hex(raw.ToArray())), (index.ObjectBytes, index.ObjectSha256, index.RawBytes, index.RawSha256));
        using var yielded = new MemoryStream();
        to.Position = 0;
        foreach (var member in index.Members)
        {
            Assert.Equal(member.Offset, to.Position);
            GzipMembers.Decompress(to, member.Bytes, member.RawBytes, piece => yielded.Write(piece), "member");
        }

        Assert.Equal(to.Length, to.Position);
        Assert.Equal(raw.ToArray(), yielded.ToArray());
        to.Position = 0;
        using var zcat = new MemoryStream();
        await using (var gzip = new GZipStream(to, CompressionMode.Decompress, leaveOpen: true)) await gzip.CopyToAsync(zcat);
        Assert.Equal(raw.ToArray(), zcat.ToArray());
    }

    [Fact]
    public async Task Write_NotWholeInstructions_IsRefused()
    {
        await using var writer = new SealedObjectWriter(new MemoryStream());
        await Assert.ThrowsAsync<EvidenceFormatException>(async () => await writer.WriteAsync("h", "4.syn"u8.ToArray(), CancellationToken.None));
    }

    [Fact]
    public async Task SegmentBuilder_Replayed_AdoptsOnlyWhatFits()
    {
        using var key = P256SigningKey.Create();
        using var builder = new SegmentBuilder("acme", "s", 1, Digests.Empty);
        builder.Append("3.nop;"u8, 1, null, null, 5);
        builder.Totals.Add(InstructionClass.Sync, 1, 6);
        Assert.Equal((6, 6, false, 5L), (builder.OpenBytes, builder.RawBytes, builder.IsEmpty, builder.OpenedWallUs));
        var closed = await builder.CloseAsync(key, SegmentSigner.Session, 9, CancellationToken.None);
        Assert.Equal("3.nop;"u8.ToArray(), closed.Raw.ToArray());

        Assert.NotNull(Replayed("acme", 1, Digests.Empty, "3.nop;", 1));
        Assert.Null(Replayed("other", 1, Digests.Empty, "3.nop;", 1));
        Assert.Null(Replayed("acme", 2, Digests.Empty, "3.nop;", 1));
        Assert.Null(Replayed("acme", 1, Digests.Hex("x"), "3.nop;", 1));
        Assert.Null(Replayed("acme", 1, Digests.Empty, "3.nap;", 1));
        Assert.Null(Replayed("acme", 1, Digests.Empty, "3.nop;", 2));

        ClosedSegment? Replayed(string organisation, long epoch, string opening, string raw, long instructions)
        {
            using var again = new SegmentBuilder(organisation, "s", epoch, opening);
            again.Append(Encoding.ASCII.GetBytes(raw), instructions, null, null, 5);
            var adopted = again.Adopt(closed.Jws);
            if (adopted is not null) Assert.Equal((closed.Jws.Digest, 1L, 6L, true), (again.Head, again.Number, again.ClosedRawBytes, again.IsEmpty));
            return adopted;
        }
    }

    [Fact]
    public void SegmentBuilder_Due_BySizeByAgeAndLaterWhileIdle()
    {
        using var builder = new SegmentBuilder("acme", "s", 1, Digests.Empty);
        Assert.False(builder.IsDue(long.MaxValue));
        builder.AddHeartbeat(new(1, 1_000_000, 0, 0));
        Assert.False(builder.IsDue(1_000_000 + 59_999_999));
        Assert.True(builder.IsDue(1_000_000 + 60_000_000));
        builder.Append("3.nop;"u8, 1, null, null, 2_000_000);
        Assert.False(builder.IsDue(1_000_000 + 4_999_999));
        Assert.True(builder.IsDue(1_000_000 + 5_000_000));
        for (var i = 0; i < 16; i++) builder.Append(new byte[1 << 16], 1, null, null, 2_000_000);
        Assert.True(builder.IsDue(2_000_000));
        Assert.Equal(6 + (1 << 20), builder.RawBytes);
    }

    [Theory]
    [InlineData(0, new long[] { }, 0, 0, 0, 0, 0)]
    [InlineData(0, new long[] { 2_000, 4_000 }, 5_000, 2, 5_000, 5_000, 2_000)]
    [InlineData(100, new long[] { }, 20_100, 0, 20_000, 5_000, 20_000)]
    [InlineData(0, new long[] { 2_000, 9_000 }, 9_500, 2, 9_500, 7_500, 7_000)]
    [InlineData(0, new long[] { 3_000 }, 1_000, 1, 3_000, 3_000, 3_000)]
    [InlineData(5_000, new long[] { 1_000 }, 6_000, 1, 1_000, 1_000, 1_000)]
    public void Coverage_Measured_CountsGapsUpToTheTolerated(long begin, long[] beats, long end, long count, long session, long covered, long max) =>
        Assert.Equal(new Coverage(count, session, covered, max), Coverage.Measure(begin, beats, end));
}
