using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Evidence.Tests.Spool;

[Trait("Kind", "Fast")]
public sealed class SpoolReaderTests
{
    private readonly FaultySpoolFolder _folder = new();

    private byte[] Write(int frames)
    {
        using var log = new SpoolLog(_folder, new ManualTimeProvider());
        for (var i = 0; i < frames; i++) log.Append(SpoolFrames.Of(SpoolFrames.A, (ulong)i, $"payload {i} RSP1 looks like a beginning"));
        return _folder.Bytes(1);
    }

    [Fact]
    public void ReadAll_AnyByteFlipped_LosesOneFrameAndNamesTheDamageUnlessItIsTheEnd()
    {
        var bytes = Write(3);
        var frame = bytes.Length / 3;
        for (var at = 0; at < bytes.Length; at++)
        {
            var flipped = bytes.ToArray();
            flipped[at] ^= (byte)(1 << at % 8);
            _folder.SetBytes(1, flipped);

            var (frames, damage) = SpoolFrames.ReadAll(_folder);

            Assert.Equal(2, frames.Count);
            if (at / frame < 2) Assert.Equal([new SpoolDamage(1, at / frame * frame)], damage);
            else Assert.Empty(damage);
        }
    }

    [Fact]
    public void ReadAll_EndTornWhereTheNextFileFollows_IsDamage()
    {
        var bytes = Write(2);
        _folder.SetBytes(1, bytes[..^1]);
        _folder.SetBytes(2, bytes);

        var (frames, damage) = SpoolFrames.ReadAll(_folder);

        Assert.Equal(3, frames.Count);
        Assert.Equal([new SpoolDamage(1, bytes.Length / 2)], damage);
    }

    [Fact]
    public void ReadAll_GarbageLongerThanAWindow_FindsTheNextFrame()
    {
        var bytes = Write(1);
        foreach (var garbage in (int[])[1, 3, 65_530, 65_533, 65_536, 65_537, 200_001])
        {
            _folder.SetBytes(1, [.. new byte[garbage], .. bytes]);
            var (frames, damage) = SpoolFrames.ReadAll(_folder);
            Assert.Single(frames);
            Assert.Equal([new SpoolDamage(1, 0)], damage);
        }
    }

    [Fact]
    public void OutputPayload_Written_ReadsBack()
    {
        Span<byte> head = stackalloc byte[OutputPayload.MaxHeadBytes];
        var length = OutputPayload.WriteHead(head, [(InstructionClass.Sync, new(2, 30)), (InstructionClass.Argv, new(1, 500)), (InstructionClass.Synthesised, new(1, 12))]);
        var totals = new ClassTotals();

        var raw = OutputPayload.Read(new byte[][] { head[..length].ToArray(), "raw"u8.ToArray() }.SelectMany(b => b).ToArray(), totals, out var recorded);

        Assert.Equal("raw"u8, raw.Span);
        Assert.Equal(3, recorded);
        Assert.Equal((new Tally(3, 530), new Tally(1, 500), new Tally(3, 42)), (totals.Received, totals.LeftOut, totals.Recorded));
        for (var cut = 0; cut < length; cut++)
        {
            var part = head[..cut].ToArray();
            Assert.Throws<EvidenceFormatException>(() => OutputPayload.Read(part, new ClassTotals(), out _));
        }
    }
}
