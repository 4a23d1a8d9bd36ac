using System.Buffers;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>The relay path: find an instruction, look at its opcode, pass it on, answer. Not one byte is allocated.</summary>
[Trait("Kind", "Fast")]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(0)]    // in one piece
    [InlineData(4096)] // in segments of a pipe's usual size, so that instructions lie across them
    [InlineData(7)]    // in crumbs, so that all do
    public void RelayPath_OverARealStream_AllocatesNothing(int segment)
    {
        var stream = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "testdata", "rec-vnc.guac"));
        var sequence = segment == 0
            ? SplitBuffers.Whole(stream)
            : SplitBuffers.At(stream, [.. Enumerable.Range(1, (stream.Length - 1) / segment).Select(i => i * segment)]);
        var parser = new InstructionParser();
        var output = new ReusedOutput();

        var instructions = Relay(parser, sequence, output);
        Assert.Equal(0, LeastAllocated(() =>
        {
            for (var i = 0; i < 100; i++)
                Assert.True(Relay(parser, sequence, output) == instructions);
        }));
        Assert.True(100 * instructions > 5000, $"{instructions} prove little");
    }

    [Fact]
    public void RelayPath_WhenBytesComeOneAtATime_AllocatesNothing()
    {
        var stream = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "testdata", "ssh-password.guac"));
        var parser = new InstructionParser();
        Assert.Equal(0, LeastAllocated(() =>
        {
            var from = 0;
            for (var arrived = 1; arrived <= stream.Length; arrived++)
            {
                var buffer = new ReadOnlySequence<byte>(stream, from, arrived - from);
                if (parser.TryRead(ref buffer, out _))
                    from = arrived;
            }
            Assert.True(from == stream.Length);
        }));
    }

    [Fact]
    public void SpecialisedWriters_AllocateNothing()
    {
        var output = new ReusedOutput();
        Assert.Equal(0, LeastAllocated(() =>
        {
            for (var i = 0; i < 1000; i++)
                WriteAll(output, i * 1_000_003L);
        }));
        Assert.True(output.Total > 100_000);
    }

    // The run-time's own unoptimised code boxes here and there until it has been compiled again in the background, so the first passes
    // may allocate. What our code allocates it allocates in every pass.
    private static long LeastAllocated(Action pass)
    {
        var deadline = TimeProvider.System.GetTimestamp() + 5 * TimeProvider.System.TimestampFrequency;
        var least = long.MaxValue;
        while (least > 0 && TimeProvider.System.GetTimestamp() < deadline)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            pass();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }

    private static int Relay(InstructionParser parser, ReadOnlySequence<byte> buffer, ReusedOutput output)
    {
        var count = 0;
        while (parser.TryRead(ref buffer, out var instruction))
        {
            InstructionWriter.WriteRaw(output, instruction);
            if (instruction.Is(Opcodes.Sync) && instruction.TryGetInt64(1, out var timestamp))
                InstructionWriter.WriteSync(output, timestamp);
            count++;
        }
        return count;
    }

    private static void WriteAll(ReusedOutput output, long number)
    {
        InstructionWriter.WriteSync(output, number);
        InstructionWriter.WriteNop(output);
        InstructionWriter.WriteMouse(output, 1, 2, 3, number);
        InstructionWriter.WriteKey(output, 65293, true, number);
        InstructionWriter.WriteError(output, "Aborted. See logs.", GuacamoleStatus.ClientTimeout);
        InstructionWriter.WriteAck(output, 1, "OK", GuacamoleStatus.Success);
        InstructionWriter.WriteBlob(output, 1, "12"u8);
        InstructionWriter.Write(output, Opcodes.Size, "1"u8, "2"u8, "3"u8);
        InstructionWriter.WriteDisconnect(output);
    }

    private sealed class ReusedOutput : IBufferWriter<byte>
    {
        private readonly byte[] _bytes = new byte[64 * 1024];

        public long Total { get; private set; }

        public void Advance(int count) => Total += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => _bytes;

        public Span<byte> GetSpan(int sizeHint = 0) => _bytes;
    }
}
