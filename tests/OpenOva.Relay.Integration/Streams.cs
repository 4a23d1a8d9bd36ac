using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Integration;

/// <summary>Streams of guacd as the tests need them.</summary>
internal static class Streams
{
    /// <summary>What came after ready, up to the last sync: a sample's own farewell would end the session before the person leaves.</summary>
    public static byte[] AfterReady(byte[] stream)
    {
        var parser = new InstructionParser();
        var buffer = new ReadOnlySequence<byte>(stream);
        while (parser.TryRead(ref buffer, out var instruction))
        {
            if (instruction.Is(Opcodes.Ready)) break;
        }

        var rest = buffer.ToArray();
        var end = rest.AsSpan().LastIndexOf("4.sync,"u8);
        return rest[..(end + rest.AsSpan(end).IndexOf((byte)';') + 1)];
    }

    /// <summary>The instructions of recorded classes among what was delivered; an instruction that was cut off is not among them.</summary>
    public static byte[] RecordedPart(byte[] delivered)
    {
        var (parser, classifier, recorded) = (new InstructionParser(), new InstructionClassifier(), new MemoryStream());
        var buffer = new ReadOnlySequence<byte>(delivered);
        while (parser.TryRead(ref buffer, out var instruction))
        {
            if (classifier.Classify(instruction).IsRecorded()) recorded.Write(instruction.Raw);
        }

        return recorded.ToArray();
    }

    /// <summary>An instruction as the codec writes it.</summary>
    public static byte[] Instruction(string opcode, params string[] arguments)
    {
        var to = new ArrayBufferWriter<byte>();
        InstructionWriter.Write(to, Encoding.ASCII.GetBytes(opcode), arguments);
        return to.WrittenSpan.ToArray();
    }

    /// <summary>Waits until it is so; fails, and says for what it waited, when that takes longer than <paramref name="seconds"/>.</summary>
    public static async Task UntilAsync(Func<bool> condition, int seconds = 60, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var clock = Stopwatch.StartNew(); !condition(); await Task.Delay(20, TestContext.Current.CancellationToken))
            if (clock.Elapsed.TotalSeconds > seconds) Assert.Fail($"waited {seconds} s in vain for {what}");
    }

    /// <summary>The same of something that has to be asked for.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, int seconds = 60, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(100, TestContext.Current.CancellationToken))
            if (clock.Elapsed.TotalSeconds > seconds) Assert.Fail($"waited {seconds} s in vain for {what}");
    }
}
