using System.Buffers;
using System.Text;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>A million damaged streams from fixed seeds. Each must be read or refused; a quarter million are read in one piece too, alike.</summary>
[Trait("Kind", "Real")]
public sealed class MutationTests
{
    private const int Batches = 1000;
    private const int PerBatch = 1000;

    private static readonly byte[][] Seeds = MakeSeeds();

    [Fact]
    public void Stream_Mutated_IsReadOrRefusedInBoundedMemory()
    {
        var totals = new long[3];
        // Half of a small machine: other tests run beside this one.
        Parallel.For(0, Batches, new ParallelOptions { MaxDegreeOfParallelism = 2 }, batch =>
        {
            var random = new Random(batch);
            var (whole, split) = (new Outcome(), new Outcome());
            Span<byte> room = stackalloc byte[1024];
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < PerBatch; i++)
            {
                var length = Mutate(random, Seeds[random.Next(Seeds.Length)], room);
                var stream = room[..length].ToArray();
                split.Run(stream, RandomCuts(random, stream.Length));

                // A refusal costs far more than a scan, so only every fourth is read twice.
                if (i % 4 == 0)
                {
                    whole.Run(stream, [stream.Length]);
                    Assert.Equal(whole, split);
                }
                Interlocked.Increment(ref totals[split.Error is null ? 0 : 1]);
            }
            Interlocked.Add(ref totals[2], GC.GetAllocatedBytesForCurrentThread() - allocated);
        });

        Assert.Equal(Batches * PerBatch, totals[0] + totals[1]);
        Assert.True(totals[0] > Batches * PerBatch / 20, $"only {totals[0]} were still readable: the mutations are too coarse");
        Assert.True(totals[1] > Batches * PerBatch / 2, $"only {totals[1]} were refused: the mutations are too fine");

        // A parser, its joined instruction, an exception, at times twice; and what the test itself makes.
        Assert.True(totals[2] / (Batches * PerBatch) < 32 * 1024, $"{totals[2] / (Batches * PerBatch)} bytes for each stream");
    }

    private static int[] RandomCuts(Random random, int length)
    {
        var cuts = new int[random.Next(1, 4)];
        for (var i = 0; i < cuts.Length - 1; i++)
            cuts[i] = random.Next(length + 1);
        cuts[^1] = length;
        Array.Sort(cuts);
        return cuts;
    }

    private static int Mutate(Random random, byte[] seed, Span<byte> room)
    {
        var length = Math.Min(seed.Length, room.Length - 16);
        seed.AsSpan(0, length).CopyTo(room);
        for (var left = random.Next(1, 4); left > 0 && length > 2; left--)
        {
            var at = random.Next(length);
            switch (random.Next(6))
            {
                case 0: // a bit
                    room[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1: // a byte
                    room[at] = (byte)random.Next(256);
                    break;
                case 2: // a character that means something
                    room[at] = ",;.0123456789\0 \n-"u8[random.Next(17)];
                    break;
                case 3: // one less
                    room[(at + 1)..length].CopyTo(room[at..]);
                    length--;
                    break;
                case 4: // one more
                    room[at..length].CopyTo(room[(at + 1)..]);
                    room[at] = "9;,.\u00C3"u8[random.Next(6)];
                    length++;
                    break;
                default: // the rest
                    length = Math.Max(at, 1);
                    break;
            }
        }
        return length;
    }

    private static byte[][] MakeSeeds()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "testdata");
        var seeds = new List<byte[]>
        {
            Encoding.UTF8.GetBytes("4.name,5.Zoë 😀;4.argv,1.0,10.text/plain,4.ключ;3.nop;4.sync,7.4182011,1.0;"),
            Encoding.UTF8.GetBytes("9.clipboard,1.1,10.text/plain;4.blob,1.1,4.MTI=;3.end,1.1;5.error,6.日本語😀😀😀,3.776;"),
        };
        foreach (var name in new[] { "ssh-password.guac", "ssh-password.guac.in", "rdp.guac", "rec-vnc.guac" })
        {
            var stream = File.ReadAllBytes(Path.Combine(folder, name));
            for (var from = 0; from + 400 < Math.Min(stream.Length, 8000); from += 400)
            {
                var start = Array.IndexOf(stream, (byte)';', from) + 1;
                seeds.Add(stream[start..Math.Min(start + 160, stream.Length)]);
            }
        }
        return [.. seeds];
    }

    // What came of one stream: how many instructions, where they end and what they hold, and the refusal.
    private sealed record Outcome
    {
        public long Instructions { get; private set; }

        public int Hash { get; private set; }

        public long End { get; private set; }

        public GuacamoleProtocolError? Error { get; private set; }

        public long ErrorOffset { get; private set; }

        public void Run(byte[] stream, int[] cuts)
        {
            (Instructions, Hash, End, Error, ErrorOffset) = (0, 0, 0, null, -1);
            var parser = new InstructionParser();
            var hash = new HashCode();
            try
            {
                foreach (var cut in cuts)
                {
                    var from = (int)parser.Offset;
                    var middle = from + (cut - from) / 2;
                    var buffer = cuts.Length > 1 ? SplitBuffers.At(stream.AsMemory(from..cut), middle - from) : new ReadOnlySequence<byte>(stream, from, cut - from);
                    while (parser.TryRead(ref buffer, out var instruction))
                    {
                        Instructions++;
                        for (var i = 0; i < instruction.Count; i++)
                            hash.AddBytes(instruction[i]);
                        hash.Add(parser.Offset);
                        if (Instructions > stream.Length)
                            Assert.Fail("It does not come to an end.");
                    }
                }
            }
            catch (GuacamoleProtocolException exception)
            {
                (Error, ErrorOffset) = (exception.Reason, exception.Offset);
                Assert.InRange(exception.Offset, 0, stream.Length - 1);
            }
            (Hash, End) = (hash.ToHashCode(), parser.Offset);
        }
    }
}
