using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Sessions.WebTunnel;

/// <summary>
/// What the browser sends. It is read from the upgrade to the end, whether the session listens yet or not: pings are answered, and a browser that is gone is
/// noticed. What waits for the session is bounded; beyond that the browser waits.
/// </summary>
internal sealed partial class WebTunnelLink
{
    /// <summary>The longest message, over all its fragments; as a message of the gRPC tunnel.</summary>
    public const int MaxMessageBytes = 64 * 1024;

    private const int ReadBytes = 4 * 1024;

    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 2 * MaxMessageBytes, resumeWriterThreshold: MaxMessageBytes, useSynchronizationContext: false));
    private ArrayBufferWriter<byte> _message = new(ReadBytes);
    private readonly InstructionParser _parser = new();
    private readonly CancellationTokenSource _left = new();
    private Task _pump = Task.CompletedTask;
    private ReadOnlySequence<byte>? _reading;
    private volatile bool _isRead;

    /// <summary>Only the end of the session is waited for: what the browser sends is dropped.</summary>
    public bool OnlyWatches { get; init; }

    /// <summary>The browser was gone before the session listened to it; afterwards <see cref="ReadAsync"/> says so, when all is read.</summary>
    public CancellationToken Left => _left.Token;

    /// <summary>Begins to read.</summary>
    public void Start() => _pump = PumpAsync();

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation)
    {
        _isRead = true;
        if (_reading is { } read) _input.Reader.AdvanceTo(read.GetPosition(read.FirstSpan.Length));
        _reading = null;
        var next = await _input.Reader.ReadAsync(cancellation);
        if (next.Buffer.IsEmpty) return ReadOnlyMemory<byte>.Empty;
        _reading = next.Buffer;
        return next.Buffer.First;
    }

    private async Task PumpAsync()
    {
        Exception? breach = null;
        try
        {
            while (await ReceiveAsync())
            {
                if (!TakeMessage()) break;
                if ((await _input.Writer.FlushAsync()).IsCompleted) break;
            }
        }
        catch (GuacamoleProtocolException exception)
        {
            breach = exception;
        }
        catch (WebSocketException exception) when (exception.WebSocketErrorCode is not (WebSocketError.ConnectionClosedPrematurely or WebSocketError.InvalidState))
        {
            // Frames that break the WebSocket protocol: masks, opcodes, UTF-8. The socket has closed itself.
            breach = new GuacamoleProtocolException(GuacamoleProtocolError.InvalidUtf8, 0);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            // Gone without a word: as if he had left.
        }

        await _input.Writer.CompleteAsync(breach);
        if (!_isRead && breach is null) await _left.CancelAsync();
        await DiscardAsync();
    }

    // False: the browser closed.
    private async Task<bool> ReceiveAsync()
    {
        // Long ones are rare, and their room would stay with each idle session.
        if (_message.Capacity > 4 * ReadBytes) _message = new(ReadBytes);
        _message.ResetWrittenCount();
        while (true)
        {
            var received = await socket.ReceiveAsync(_message.GetMemory(ReadBytes), CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close) return false;
            _message.Advance(received.Count);
            if (received.MessageType != WebSocketMessageType.Text || _message.WrittenCount > MaxMessageBytes)
                throw new GuacamoleProtocolException(GuacamoleProtocolError.InstructionTooLong, 0);
            if (received.EndOfMessage) return true;
        }
    }

    // Hands on what is for the session. False: whoever watches has said that he leaves.
    private bool TakeMessage()
    {
        var message = new ReadOnlySequence<byte>(_message.WrittenMemory);
        while (_parser.TryRead(ref message, out var instruction))
        {
            if (instruction.Is(Opcodes.Internal)) TakeOwn(instruction);
            else if (!OnlyWatches) _input.Writer.Write(instruction.Raw);
            else if (instruction.Is(Opcodes.Disconnect)) return false;
        }

        // A message holds whole instructions.
        return message.IsEmpty ? true : throw new GuacamoleProtocolException(GuacamoleProtocolError.BadTerminator, _parser.Offset);
    }

    private void TakeOwn(in Instruction instruction)
    {
        if (instruction.Count > 1 && instruction[1].SequenceEqual("ping"u8)) Echo(instruction.Raw.ToArray());
    }

    // Until the browser closes, or the link does: a socket that is not read would not let the last words out.
    private async Task DiscardAsync()
    {
        var rest = new byte[ReadBytes];
        try
        {
            while (socket.State is WebSocketState.Open or WebSocketState.CloseSent
                && (await socket.ReceiveAsync(rest.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
                // Dropped.
            }
        }
        catch (Exception exception) when (IsGone(exception))
        {
            // Over.
        }
    }
}
