using System.Buffers;

namespace OpenOva.Relay.Guacamole;

/// <summary>After the handshake: to guacd, one whole message at a time, from whichever task.</summary>
public sealed partial class GuacdConnection
{
    // Bounds ZeroedBuffer: one instruction at its limit, and the writer's overshoot of it.
    private const int HandshakeCapacity = GuacamoleLimits.MaxInstructionBytes + GuacamoleLimits.MaxElements * 8;

    private readonly SemaphoreSlim _sending = new(1, 1);
    private long _lastSent;

    /// <summary>Sends whole instructions as they are.</summary>
    /// <exception cref="GuacdException">The link broke: <see cref="GuacdFailure.ConnectionLost"/>.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> instructions, CancellationToken cancellationToken) =>
        SendAsync(instructions, static (output, bytes) => output.Write(bytes.Span), cancellationToken);

    /// <summary>Sends what <paramref name="write"/> writes. Pass what it needs in <paramref name="state"/>, and no closure is allocated.</summary>
    /// <exception cref="GuacdException">The link broke: <see cref="GuacdFailure.ConnectionLost"/>.</exception>
    public async ValueTask SendAsync<TState>(
        TState state, Action<IBufferWriter<byte>, TState> write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        await _sending.WaitAsync(cancellationToken);
        try
        {
            write(Output, state);
            await Output.FlushAsync(cancellationToken);
            Volatile.Write(ref _lastSent, _time.GetTimestamp());
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw Lost(exception);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>
    /// Answers a <c>sync</c>. guacd slows its frames while answers are late, and drops a user whose answer is above the last it sent:
    /// answer with the first argument of an instruction that came, and nothing else.
    /// </summary>
    /// <param name="timestamp">The first argument; the second, from guacd 1.6.0, is not echoed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public ValueTask AnswerSyncAsync(long timestamp, CancellationToken cancellationToken) =>
        SendAsync(timestamp, static (output, value) => InstructionWriter.WriteSync(output, value), cancellationToken);

    /// <summary>
    /// Sends <c>nop</c> whenever nothing was sent through this connection's Send and Answer methods for
    /// <see cref="GuacdTimeouts.KeepAlive"/>, until cancelled. guacd drops a user that is silent for 15 s; any instruction counts.
    /// </summary>
    /// <returns>Ends with an <see cref="OperationCanceledException"/> or with the link.</returns>
    public async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var silence = _time.GetElapsedTime(Volatile.Read(ref _lastSent));
            if (silence >= _timeouts.KeepAlive)
            {
                await SendAsync(0, static (output, _) => InstructionWriter.WriteNop(output), cancellationToken);
                silence = TimeSpan.Zero;
            }
            await Task.Delay(_timeouts.KeepAlive - silence, _time, cancellationToken);
        }
    }

    // Past the pipe, whose memory goes back to a pool with what was in it.
    private async Task SendNowAsync(ZeroedBuffer buffer, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(buffer.Written, cancellationToken);
        await _stream.FlushAsync(cancellationToken);
        Volatile.Write(ref _lastSent, _time.GetTimestamp());
    }

    private static GuacdException Lost(Exception cause) =>
        new(GuacdFailure.ConnectionLost, "The connection to guacd broke.", cause);
}
