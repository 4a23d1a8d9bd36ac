using System.IO.Compression;
using System.Text;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Recording;

[Trait("Kind", "Fast")]
public sealed class GzipMembersTests
{
    private static readonly byte[] Raw = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 60).Select(i => $"4.sync,4.{1_000 + i};")));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(131_072)]
    [InlineData(1_000_003)]
    public void Decompress_OfEitherCompression_YieldsRawAndEndsExactly(int length)
    {
        var raw = new byte[length];
        new Random(length).NextBytes(raw);
        for (var i = 0; i < length; i++) raw[i] &= 0x3F;
        foreach (var member in (byte[][])[GzipMembers.Compress(raw), Level6(raw)])
        {
            Assert.Equal(raw, Decompress([.. member, 1, 2, 3], member.Length, raw.Length));
            using var gzip = new GZipStream(new MemoryStream(member), CompressionMode.Decompress);
            using var all = new MemoryStream();
            gzip.CopyTo(all);
            Assert.Equal(raw, all.ToArray());
        }
    }

    [Fact]
    public void Decompress_ManyLengths_EndExactly()
    {
        var random = new Random(1952);
        for (var i = 0; i < 300; i++)
        {
            var raw = new byte[random.Next(1, 3_000)];
            random.NextBytes(raw);
            if (i % 2 == 0) Array.Fill(raw, (byte)'a');
            foreach (var member in (byte[][])[GzipMembers.Compress(raw), Level6(raw)]) Assert.Equal(raw, Decompress(member, member.Length, raw.Length));
        }
    }

    [Fact]
    public void Decompress_CutOrClaimedShorter_IsRefusedAtEveryByte()
    {
        var member = GzipMembers.Compress(Raw);
        for (var length = 0; length < member.Length; length++)
        {
            Assert.Throws<EvidenceFormatException>(() => Decompress(member[..length], length, Raw.Length));
            Assert.Throws<EvidenceFormatException>(() => Decompress(member[..length], member.Length, Raw.Length));
            Assert.Throws<EvidenceFormatException>(() => Decompress(member, length, Raw.Length));
        }
    }

    [Fact]
    public void Decompress_GarbageWithinOrAfter_IsRefused()
    {
        var member = GzipMembers.Compress(Raw);
        foreach (var garbage in (int[])[1, 7, 63, 64, 65, 100, 8_191, 8_192, 20_000])
        {
            byte[] within = [.. member[..^8], .. new byte[garbage], .. member[^8..]];
            byte[] after = [.. member, .. new byte[garbage]];
            Assert.Throws<EvidenceFormatException>(() => Decompress(within, within.Length, Raw.Length));
            Assert.Throws<EvidenceFormatException>(() => Decompress(after, after.Length, Raw.Length));
        }

        byte[] twice = [.. member, .. member];
        Assert.Throws<EvidenceFormatException>(() => Decompress(twice, twice.Length, Raw.Length));
        Assert.Throws<EvidenceFormatException>(() => Decompress(twice, twice.Length, 2 * Raw.Length));
    }

    [Fact]
    public void Decompress_AnyBitFlipped_IsRefusedOrYieldsTheSame()
    {
        var member = Level6(Raw);
        for (var at = 0; at < member.Length * 8; at++)
        {
            var flipped = member.ToArray();
            flipped[at / 8] ^= (byte)(1 << at % 8);
            try
            {
                // Times, XFL, OS and the bits after the last block carry no content.
                Assert.Equal(Raw, Decompress(flipped, flipped.Length, Raw.Length));
                Assert.True(at / 8 is >= 4 and < 10 || at / 8 == member.Length - 9, $"bit {at}");
            }
            catch (EvidenceFormatException)
            {
            }
        }
    }

    [Fact]
    public void Decompress_Bomb_StopsAsSoonAsItShows()
    {
        var bomb = GzipMembers.Compress(new byte[64 << 20]);
        var taken = 0L;
        using var from = new MemoryStream(bomb);

        Assert.Throws<EvidenceFormatException>(() => GzipMembers.Decompress(from, bomb.Length, 1_000, piece => taken += piece.Length, "it"));

        Assert.InRange(taken, 0, 64 * 1024);
        Assert.Throws<EvidenceFormatException>(() => Decompress(GzipMembers.Compress(Raw), GzipMembers.Compress(Raw).Length, Raw.Length + 1));
    }

    [Fact]
    public void Empty_Member_IsWhole() => Assert.Empty(Decompress(GzipMembers.Empty.ToArray(), GzipMembers.Empty.Length, 0));

    private static byte[] Level6(byte[] raw)
    {
        if (raw.Length == 0) return GzipMembers.Empty.ToArray();
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Optimal)) gzip.Write(raw);
        return to.ToArray();
    }

    private static byte[] Decompress(byte[] file, long memberBytes, long rawBytes)
    {
        using var from = new MemoryStream(file);
        using var to = new MemoryStream();
        GzipMembers.Decompress(from, memberBytes, rawBytes, piece => to.Write(piece), "it");
        Assert.Equal(memberBytes, from.Position);
        return to.ToArray();
    }
}
