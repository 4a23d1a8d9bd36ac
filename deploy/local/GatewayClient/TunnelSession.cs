using System.Buffers;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.GatewayClient;

/// <summary>
/// One session's tunnel: reads all that the target draws, answers each <c>sync</c> (guacd slows down, and Relay drops input, for a user
/// who does not), and sends keys and the pointer. A gateway would hand the bytes to the browser's guacamole-common-js instead.
/// </summary>
internal sealed class TunnelSession : IAsyncDisposable
{
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Leaving = TimeSpan.FromSeconds(20);
    private readonly AsyncDuplexStreamingCall<TunnelRequest, TunnelResponse> _call;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly InstructionParser _parser = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _drew = New();
    private Task<TunnelEnded> _ended = null!;
    private bool _drawsUnshown;

    private TunnelSession(AsyncDuplexStreamingCall<TunnelRequest, TunnelResponse> call) => _call = call;

    public long BytesReceived { get; private set; }

    public long Instructions { get; private set; }

    /// <summary>The target's <c>sync</c> instructions.</summary>
    public long Frames { get; private set; }

    /// <summary>Frames in which something was drawn.</summary>
    public long Drawn { get; private set; }

    public long KeysSent { get; private set; }

    public long PointerMoves { get; private set; }

    /// <summary>The target, Relay or the network ended it.</summary>
    public bool HasEnded => _ended.IsCompleted;

    /// <summary>Redeems the ticket and waits for the target's first frame.</summary>
    public static async Task<TunnelSession> StartAsync(RelayApi api, string ticket, CancellationToken cancellation)
    {
        var session = new TunnelSession(api.Sessions.Tunnel(await api.AsGatewayAsync(cancellation), cancellationToken: cancellation));
        try
        {
            var start = new TunnelStart { TunnelTicket = ticket, Width = 1024, Height = 768, Dpi = 96, ImageMimetypes = { "image/png", "image/jpeg" } };
            await session._call.RequestStream.WriteAsync(new TunnelRequest { Start = start }, cancellation);
            if (!await session._call.ResponseStream.MoveNext(cancellation) || session._call.ResponseStream.Current.Started is null)
                throw new CallFailedException(CallFailure.Of("Internal", "The tunnel's first message is not `started`."));
            session._ended = session.ReadAsync(cancellation);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async Task PressAsync(int keysym, CancellationToken cancellation)
    {
        await SendAsync(cancellation, ("key", [keysym, 1]), ("key", [keysym, 0]));
        KeysSent++;
    }

    public async Task MovePointerAsync(int x, int y, CancellationToken cancellation)
    {
        await SendAsync(cancellation, ("mouse", [x, y, 0]));
        PointerMoves++;
    }

    /// <summary>Waits until something was drawn after the first <paramref name="seen"/> frames, or the time is over.</summary>
    public async Task<bool> DrawnSinceAsync(long seen, TimeSpan most, CancellationToken cancellation)
    {
        Task drew;
        lock (_gate)
        {
            if (Drawn > seen) return true;
            drew = _drew.Task;
        }

        try
        {
            // The session's end is no frame, but nothing will be drawn after it.
            var first = await Task.WhenAny(drew, _ended).WaitAsync(most, cancellation);
            return first == drew;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Waits until the screen has not changed for a moment.</summary>
    public async Task QuietAsync(TimeSpan most, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < most && await DrawnSinceAsync(Drawn, Settled, cancellation))
        {
        }
    }

    /// <summary>Says <c>disconnect</c> and waits for what the session ended with.</summary>
    public async Task<TunnelEnded> LeaveAsync(CancellationToken cancellation)
    {
        if (!HasEnded) await SendAsync(cancellation, ("disconnect", []));
        return await _ended.WaitAsync(Leaving, cancellation);
    }

    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        _writing.Dispose();
        return ValueTask.CompletedTask;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<TunnelEnded> ReadAsync(CancellationToken cancellation)
    {
        while (await _call.ResponseStream.MoveNext(cancellation))
        {
            var response = _call.ResponseStream.Current;
            if (response.Ended is { } ended) return ended;
            if (response.MessageCase != TunnelResponse.MessageOneofCase.Data) continue;
            BytesReceived += response.Data.Length;
            foreach (var sync in Take(response.Data.Memory)) await SendAsync(cancellation, ("sync", [sync]));
        }

        throw new CallFailedException(CallFailure.Of("Internal", "The tunnel ended without its last message."));
    }

    /// <summary>Counts a message's instructions and gives the timestamps of its frames.</summary>
    private List<long> Take(ReadOnlyMemory<byte> message)
    {
        var syncs = new List<long>();
        var bytes = new ReadOnlySequence<byte>(message);
        while (_parser.TryRead(ref bytes, out var instruction))
        {
            Instructions++;
            if (instruction.Is(Opcodes.Error))
                throw new CallFailedException(CallFailure.Of("Target", $"The target or Relay ended the session: {instruction.GetString(1)}"));
            if (!instruction.Is(Opcodes.Sync)) _drawsUnshown |= !instruction.Is(Opcodes.Nop);
            else if (instruction.TryGetInt64(1, out var timestamp))
            {
                syncs.Add(timestamp);
                Shown();
            }
        }

        return bytes.IsEmpty ? syncs : throw new CallFailedException(CallFailure.Of("Internal", "A tunnel message holds part of an instruction."));
    }

    private void Shown()
    {
        lock (_gate)
        {
            Frames++;
            if (!_drawsUnshown) return;
            _drawsUnshown = false;
            Drawn++;
            _drew.TrySetResult();
            _drew = New();
        }
    }

    private async Task SendAsync(CancellationToken cancellation, params (string Opcode, long[] Args)[] instructions)
    {
        var text = string.Concat(instructions.Select(i => string.Join(',', i.Args.Select(a => Element(a.ToString(CultureInfo.InvariantCulture))).Prepend(Element(i.Opcode))) + ";"));
        await _writing.WaitAsync(cancellation);
        try
        {
            await _call.RequestStream.WriteAsync(new TunnelRequest { Data = ByteString.CopyFromUtf8(text) }, cancellation);
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The session has ended meanwhile: its last message says how, and that is what counts.
        }
        finally
        {
            _writing.Release();
        }
    }

    private static string Element(string ascii) => string.Create(CultureInfo.InvariantCulture, $"{ascii.Length}.{ascii}");
}
