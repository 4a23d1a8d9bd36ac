using System.Buffers;
using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A gateway's end of one tunnel: answers sync as a browser does, keeps what it received, types.</summary>
internal sealed class TunnelClient : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<TunnelRequest, TunnelResponse> _call;
    private readonly InstructionParser _parser = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _received = new();
    private readonly Task _reading;
    private int _parsed;
    private long? _firstSync;

    private TunnelClient(AsyncDuplexStreamingCall<TunnelRequest, TunnelResponse> call, bool answersSync, bool reads)
    {
        _call = call;
        AnswersSync = answersSync;
        _reading = reads ? ReadAsync() : Task.CompletedTask;
    }

    public bool AnswersSync { get; set; }

    public string Session { get; private set; } = "";

    public TunnelEnded? Ended { get; private set; }

    /// <summary>What the person was told besides.</summary>
    public ConcurrentQueue<TunnelNotice> Notices { get; } = new();

    /// <summary>Completes with the first frame; fails with what the service answered instead.</summary>
    public Task Started => _started.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Completes when the stream is over.</summary>
    public Task Finished => _reading.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>How many bytes were delivered so far: to be asked often, where a copy of all of them would keep the machine busy.</summary>
    public int ReceivedBytes
    {
        get
        {
            lock (_received) return (int)_received.Length;
        }
    }

    /// <summary>How long the target has drawn, by its own clock, as far as syncs were answered.</summary>
    public TimeSpan DrawnFor { get; private set; }

    /// <summary>Everything that was delivered so far.</summary>
    public byte[] Received
    {
        get
        {
            lock (_received) return _received.ToArray();
        }
    }

    /// <summary>Opens a session and its tunnel.</summary>
    public static async Task<TunnelClient> OpenAsync(RelayCallers relay, string person = "olivia", string connection = "ssh-db", bool answersSync = true, bool reads = true)
    {
        var opened = await relay.Sessions.OpenAsync(new() { Connection = connection, Purpose = "a test" }, await relay.AsAsync(person));
        return await RedeemAsync(relay, opened.TunnelTicket, answersSync, reads);
    }

    public static async Task<TunnelClient> RedeemAsync(RelayCallers relay, string ticket, bool answersSync = true, bool reads = true, string realm = "acme")
    {
        var call = relay.Sessions.Tunnel(await relay.AsGatewayAsync(realm));
        await call.RequestStream.WriteAsync(new TunnelRequest { Start = new TunnelStart { TunnelTicket = ticket, Width = 800, Height = 600 } });
        return new TunnelClient(call, answersSync, reads);
    }

    public async Task SendAsync(string instructions)
    {
        await _writing.WaitAsync();
        try
        {
            await _call.RequestStream.WriteAsync(new TunnelRequest { Data = ByteString.CopyFromUtf8(instructions) });
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Types Latin-1 text; a line feed is Return.</summary>
    public Task TypeAsync(string text) => SendAsync(string.Concat(text.Select(c =>
    {
        var keysym = $"{(c == '\n' ? 0xFF0D : c)}";
        return $"3.key,{keysym.Length}.{keysym},1.1;3.key,{keysym.Length}.{keysym},1.0;";
    })));

    /// <summary>Answers everything at once that was not answered.</summary>
    public async Task CatchUpAsync()
    {
        foreach (var answer in NewSyncs()) await SendAsync(answer);
        AnswersSync = true;
    }

    /// <summary>Leaves as a browser does.</summary>
    public Task LeaveAsync() => SendAsync("10.disconnect;");

    public async Task CompleteAsync() => await _call.RequestStream.CompleteAsync();

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        try
        {
            await Finished;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or IOException)
        {
            // The call was given up.
        }

        _writing.Dispose();
        await _received.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var response in _call.ResponseStream.ReadAllAsync())
            {
                switch (response.MessageCase)
                {
                    case TunnelResponse.MessageOneofCase.Started:
                        Session = response.Started.SessionId;
                        _started.TrySetResult();
                        break;
                    case TunnelResponse.MessageOneofCase.Data:
                        lock (_received) _received.Write(response.Data.Span);
                        if (AnswersSync) await AnswerAsync();
                        break;
                    case TunnelResponse.MessageOneofCase.Notice:
                        Notices.Enqueue(response.Notice);
                        break;
                    case TunnelResponse.MessageOneofCase.Ended:
                        Ended = response.Ended;
                        break;
                    default:
                        break;
                }
            }
        }
        catch (Exception exception)
        {
            _started.TrySetException(exception);
            throw;
        }
        finally
        {
            _started.TrySetCanceled();
        }
    }

    private async Task AnswerAsync()
    {
        foreach (var answer in NewSyncs())
        {
            try
            {
                await SendAsync(answer);
            }
            catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
            {
                // The session is over; what else came is still to be read.
            }
        }
    }

    private List<string> NewSyncs()
    {
        var syncs = new List<string>();
        lock (_received)
        {
            var buffer = new ReadOnlySequence<byte>(_received.GetBuffer(), _parsed, (int)_received.Length - _parsed);
            while (_parser.TryRead(ref buffer, out var instruction))
            {
                if (!instruction.Is(Opcodes.Sync)) continue;
                if (instruction.TryGetInt64(1, out var at)) DrawnFor = TimeSpan.FromMilliseconds(at - (_firstSync ??= at));
                syncs.Add($"4.sync,{instruction[1].Length}.{instruction.GetString(1)};");
            }

            _parsed = (int)_received.Length - (int)buffer.Length;
        }

        return syncs;
    }
}
