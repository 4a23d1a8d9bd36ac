using System.Buffers;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Shared;

/// <summary>What a <see cref="FakeGuacd"/> shows one user after <c>ready</c>. When it is over, the user is kept as by guacd: with a nop every 5 s.</summary>
public sealed class FakeGuacdPlay(Func<FakeGuacdUser, CancellationToken, Task> show)
{
    /// <summary>Nothing: the test sends through <see cref="FakeGuacdUser"/>.</summary>
    public static FakeGuacdPlay Hold { get; } = new((_, _) => Task.CompletedTask);

    /// <summary>Instructions, one after the other: <c>Script(["size", "0", "800", "600"], ["sync", "1"])</c>.</summary>
    public static FakeGuacdPlay Script(params string[][] instructions) => new(async (user, _) =>
    {
        foreach (var instruction in instructions)
            await user.SendAsync(instruction);
    });

    /// <summary>Bytes as they are, be they Guacamole or not.</summary>
    public static FakeGuacdPlay Raw(ReadOnlyMemory<byte> bytes) => new((user, _) => user.SendRawAsync(bytes));

    /// <summary>A recorded stream, without the <c>args</c> and <c>ready</c> it may begin with, as fast as it is read.</summary>
    /// <param name="stream">A recording or the bytes of a wire.</param>
    /// <param name="awaitSync">Waits at each sync until the user has answered it, so that the pace is his.</param>
    public static FakeGuacdPlay Replay(ReadOnlyMemory<byte> stream, bool awaitSync = false) => new(async (user, cancellationToken) =>
    {
        var parser = new InstructionParser();
        var rest = new ReadOnlySequence<byte>(stream);
        while (TryNext(parser, ref rest, out var raw, out var elements))
        {
            if (elements[0] is "args" or "ready")
                continue;
            await user.SendRawAsync(raw, elements);
            if (awaitSync && elements[0] == "sync")
                await user.WaitForAsync("sync", elements[1]).WaitAsync(cancellationToken);
        }
    });

    /// <summary>The same instruction over and over, as fast as it is read.</summary>
    /// <param name="instruction">Its elements.</param>
    /// <param name="count">How often; default without end.</param>
    public static FakeGuacdPlay Flood(string[] instruction, long count = long.MaxValue) => new(async (user, cancellationToken) =>
    {
        var one = new ArrayBufferWriter<byte>();
        InstructionWriter.Write(one, System.Text.Encoding.UTF8.GetBytes(instruction[0]), instruction.AsSpan(1));
        var perWrite = (int)Math.Min(count, Math.Max(1, 65536 / one.WrittenCount));
        var many = new byte[perWrite * one.WrittenCount];
        for (var i = 0; i < perWrite; i++)
            one.WrittenSpan.CopyTo(many.AsSpan(i * one.WrittenCount));
        for (var sent = 0L; sent < count && !cancellationToken.IsCancellationRequested; sent += perWrite)
            await user.SendRawAsync(many.AsMemory(0, (int)Math.Min(perWrite, count - sent) * one.WrittenCount), instruction);
    });

    /// <summary>One instruction that never ends: an element above guacd's limit.</summary>
    public static FakeGuacdPlay Oversized { get; } = Raw("4.sync,9999."u8.ToArray());

    /// <summary>Bytes that are no Guacamole.</summary>
    public static FakeGuacdPlay Garbage { get; } = Raw("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());

    /// <summary>This, and then that.</summary>
    public FakeGuacdPlay Then(FakeGuacdPlay next) => new(async (user, cancellationToken) =>
    {
        await ShowAsync(user, cancellationToken);
        await next.ShowAsync(user, cancellationToken);
    });

    /// <summary>This, and then the end of the stream.</summary>
    public FakeGuacdPlay ThenClose() => new(async (user, cancellationToken) =>
    {
        await ShowAsync(user, cancellationToken);
        user.Close();
    });

    internal Task ShowAsync(FakeGuacdUser user, CancellationToken cancellationToken) => show(user, cancellationToken);

    private static bool TryNext(InstructionParser parser, ref ReadOnlySequence<byte> rest, out byte[] raw, out string[] elements)
    {
        var found = parser.TryRead(ref rest, out var instruction);
        (raw, elements) = found ? (instruction.Raw.ToArray(), instruction.ToStrings()) : ([], []);
        return found;
    }
}
