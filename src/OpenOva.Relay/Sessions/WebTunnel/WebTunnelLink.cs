using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Sessions.WebTunnel;

/// <summary>
/// A browser's end of a tunnel, as the WebSocket of guacamole-common-js. Text frames hold whole instructions; those with the empty opcode are between the
/// browser and this link alone.
/// <code>
/// 0.,36.TUNNEL;             to the browser, first: the session has started
/// 0.,4.ping,13.MS;          from the browser, and back
/// 0.,6.notice,4.idle,16.US; to a browser that asked for notices
/// </code>
/// </summary>
/// <param name="socket">Accepted; the link closes it.</param>
/// <param name="notices">The client asked for notices.</param>
/// <param name="time">The clock.</param>
internal sealed partial class WebTunnelLink(WebSocket socket, bool notices, TimeProvider time) : IUserLink, IDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    // A WebSocket takes one message at a time; echoes and notices come beside the output.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private volatile bool _started;
    private byte[]? _echo;

    public async ValueTask StartedAsync(CancellationToken cancellation)
    {
        var first = new ArrayBufferWriter<byte>();
        // Not the session's id, and of no use to anybody: the client keeps it as the tunnel's name.
        InstructionWriter.Write(first, Opcodes.Internal, Guid.CreateVersion7(time.GetUtcNow()).ToString());
        await WriteAsync(first.WrittenMemory, cancellation);
        _started = true;
        if (Volatile.Read(ref _echo) is not null) _ = EchoAsync();
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> instructions, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            await socket.SendAsync(instructions, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, cancellation);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask<bool> NoticeAsync(SessionNotice notice, CancellationToken cancellation)
    {
        if (!notices) return false;
        var told = new ArrayBufferWriter<byte>();
        InstructionWriter.Write(told, Opcodes.Internal, "notice", notice.Kind.Name(), notice.AtUs.ToString(CultureInfo.InvariantCulture));
        await WriteAsync(told.WrittenMemory, cancellation);
        return true;
    }

    /// <summary>Says why there is no session, where nothing else has.</summary>
    public async Task RefuseAsync(string text, GuacamoleStatus status)
    {
        var words = new ArrayBufferWriter<byte>();
        InstructionWriter.WriteError(words, text, status);
        using var patience = new CancellationTokenSource(Farewell, time);
        try
        {
            await WriteAsync(words.WrittenMemory, patience.Token);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            // He has left, or does not read: closing says the rest.
        }
    }

    /// <summary>Closes, and waits for the browser to do so too, but not for long.</summary>
    public async Task CloseAsync(GuacamoleStatus status)
    {
        await _input.Reader.CompleteAsync();
        using var patience = new CancellationTokenSource(Farewell, time);
        try
        {
            await CloseOutputAsync(status, patience.Token);
            await _pump.WaitAsync(patience.Token);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            // He has left, or does not read.
        }

        socket.Abort();
        await _pump;
    }

    public void Dispose()
    {
        _left.Dispose();
        _writing.Dispose();
        socket.Dispose();
    }

    private async Task CloseOutputAsync(GuacamoleStatus status, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            await socket.CloseOutputAsync((WebSocketCloseStatus)status.ToWebSocketCloseCode(), status.ToWebSocketCloseReason(), cancellation);
        }
        finally
        {
            _writing.Release();
        }
    }

    // Not waited for, and the newest alone: whoever pings and does not read must hold up neither his input nor anything else.
    private void Echo(byte[] ping)
    {
        if (Interlocked.Exchange(ref _echo, ping) is null && _started) _ = EchoAsync();
    }

    private async Task EchoAsync()
    {
        try
        {
            await _writing.WaitAsync();
            try
            {
                if (Interlocked.Exchange(ref _echo, null) is { } ping) await socket.SendAsync(ping, WebSocketMessageType.Text, true, CancellationToken.None);
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (Exception exception) when (IsGone(exception))
        {
            // The pump finds out too, and says so to the session.
        }
    }

    private static bool IsGone(Exception exception) =>
        exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException;
}
