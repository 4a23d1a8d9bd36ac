using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Integration.WebTunnel;

/// <summary>How a browser comes to a tunnel; the defaults are those of a well-behaved one.</summary>
internal sealed record BrowserRequest(string Session, string? Ticket)
{
    public string? Person { get; init; } = "olivia";

    /// <summary>Behind <c>GUAC_ID</c>, or in place of all where it begins with a question mark.</summary>
    public string Query { get; init; } = "";

    /// <summary>Null: none; the default is the service's own.</summary>
    public string? Origin { get; init; } = "own";

    public string? Subprotocol { get; init; } = "guacamole";

    public string Cookie { get; init; } = "relay-tunnel-";

    public bool AnswersSync { get; init; } = true;

    public bool Reads { get; init; } = true;
}

/// <summary>A browser's end of a tunnel, by the WebSocket client of .NET.</summary>
internal sealed class BrowserClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly InstructionParser _parser = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly List<string[]> _instructions = [];
    private readonly MemoryStream _received = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _answersSync;
    private Task _reading = Task.CompletedTask;

    private BrowserClient(string session) => Session = session;

    public string Session { get; }

    public string? Subprotocol => _socket.SubProtocol;

    public IReadOnlyDictionary<string, IEnumerable<string>> Answer => _socket.HttpResponseHeaders ?? new Dictionary<string, IEnumerable<string>>();

    public HttpStatusCode Status => _socket.HttpStatusCode;

    /// <summary>The first instruction came; of a session, its tunnel's name.</summary>
    public Task Started => _started.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The socket is closed.</summary>
    public Task Finished => _reading.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Close code and reason, where the service closed in order.</summary>
    public (int Code, string Reason) Closed => ((int)(_socket.CloseStatus ?? 0), _socket.CloseStatusDescription ?? "");

    public IReadOnlyList<string[]> Instructions
    {
        get
        {
            lock (_instructions) return [.. _instructions];
        }
    }

    /// <summary>What came but for the tunnel's own instructions.</summary>
    public byte[] Received
    {
        get
        {
            lock (_instructions) return _received.ToArray();
        }
    }

    /// <summary>Opens a session without a gateway, as a page does, and its tunnel.</summary>
    public static async Task<BrowserClient> OpenAsync(RelayUnderTest relay, Func<BrowserRequest, BrowserRequest>? change = null)
    {
        var opened = await TicketAsync(relay);
        return await ConnectAsync(relay, (change ?? (r => r))(opened));
    }

    public static async Task<BrowserRequest> TicketAsync(RelayUnderTest relay, string person = "olivia")
    {
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync(person, throughGateway: false));
        return new BrowserRequest(opened.SessionId, opened.TunnelTicket) { Person = person };
    }

    /// <exception cref="WebSocketException">The upgrade was refused.</exception>
    public static async Task<BrowserClient> ConnectAsync(RelayUnderTest relay, BrowserRequest request)
    {
        var browser = new BrowserClient(request.Session) { _answersSync = request.AnswersSync };
        var options = browser._socket.Options;
        options.CollectHttpResponseDetails = true;
        options.KeepAliveInterval = TimeSpan.Zero;
        if (request.Subprotocol is not null) options.AddSubProtocol(request.Subprotocol);
        foreach (var (name, value) in await HeadersAsync(relay, request)) options.SetRequestHeader(name, value);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await browser._socket.ConnectAsync(Address(relay, request), patience.Token);
        if (request.Reads) browser._reading = browser.ReadAsync();
        return browser;
    }

    public static Uri Address(RelayUnderTest relay, BrowserRequest request) =>
        new UriBuilder(relay.Web) { Scheme = "ws", Path = "/tunnel", Query = request.Query.StartsWith('?') ? request.Query : $"?GUAC_ID={request.Session}{request.Query}" }.Uri;

    public static async Task<IReadOnlyDictionary<string, string>> HeadersAsync(RelayUnderTest relay, BrowserRequest request)
    {
        var headers = new Dictionary<string, string>();
        if (request.Person is { } person) headers["Authorization"] = $"Bearer {await relay.TokenAsync("acme", person)}";
        if (request.Origin is { } origin) headers["Origin"] = origin == "own" ? relay.Web.GetLeftPart(UriPartial.Authority) : origin;
        if (request.Ticket is { } ticket) headers["Cookie"] = $"{request.Cookie}{request.Session}={ticket}";
        return headers;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type = WebSocketMessageType.Text, bool whole = true)
    {
        await _writing.WaitAsync();
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await _socket.SendAsync(bytes, type, whole, patience.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    public Task SendAsync(string instructions) => SendAsync(Encoding.UTF8.GetBytes(instructions));

    public async Task<string[]> WaitForAsync(params string[] elements)
    {
        string[]? found = null;
        await Streams.UntilAsync(() => (found = Instructions.FirstOrDefault(i => i.Take(elements.Length).SequenceEqual(elements))) is not null);
        return found!;
    }

    public async Task LeaveAsync()
    {
        await SendAsync("10.disconnect;");
        await Finished;
    }

    /// <summary>Closes as a browser's tab does: a close frame, and no farewell of Guacamole's.</summary>
    public async Task CloseAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        await Finished;
    }

    /// <summary>Is gone, without a word.</summary>
    public void Vanish() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await Finished;
        _socket.Dispose();
        _writing.Dispose();
        await _received.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        var (buffer, message) = (new byte[16 * 1024], new MemoryStream());
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close) break;
                message.Write(buffer, 0, received.Count);
                if (!received.EndOfMessage) continue;
                await TakeAsync(message.ToArray(), received.MessageType);
                message.SetLength(0);
            }

            if (_socket.State == WebSocketState.CloseReceived) await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut, or gone.
        }
        finally
        {
            _started.TrySetException(new IOException("The tunnel was closed before anything came."));
        }
    }

    private async Task TakeAsync(byte[] message, WebSocketMessageType type)
    {
        Assert.Equal(WebSocketMessageType.Text, type);
        var (rest, answers) = (new ReadOnlySequence<byte>(message), "");
        while (_parser.TryRead(ref rest, out var instruction))
        {
            lock (_instructions)
            {
                _instructions.Add(instruction.ToStrings());
                if (!instruction.Is(Opcodes.Internal)) _received.Write(instruction.Raw);
            }

            if (instruction.Is(Opcodes.Sync) && _answersSync) answers += $"4.sync,{instruction[1].Length}.{instruction.GetString(1)};";
        }

        Assert.True(rest.IsEmpty, "a message must hold whole instructions");
        _started.TrySetResult();
        if (answers.Length == 0) return;
        try
        {
            await SendAsync(answers);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // The session is over; what else came is still to be read.
        }
    }
}
