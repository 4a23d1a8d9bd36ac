using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OpenOva.Relay.Shared;

/// <summary>
/// Stands between a client and an HTTP/1.1 server without TLS, passes everything on, and does to chosen requests what a network or a failing server does.
/// <code>
/// await using var proxy = FaultyHttpProxy.Start(new Uri("http://127.0.0.1:9000"));
/// proxy.Plan(HttpFault.Answer(503), times: 2, request => request.StartsWith("PUT ", StringComparison.Ordinal));
/// proxy.Plan(HttpFault.LoseReply);
/// // … the client talks to proxy.Address; proxy.Requests lists "METHOD /path" of all that came
/// </code>
/// Plans are used up in their order: a request takes the first one that fits it. It answers <c>Expect: 100-continue</c> by itself.
/// </summary>
public sealed class FaultyHttpProxy : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly List<(HttpFault Fault, Func<string, bool> Fits)> _plans = [];
    private readonly ConcurrentDictionary<TcpClient, Task> _connections = new();
    private readonly Lock _planning = new();
    private readonly int _port;
    private TcpListener _listener;
    private Task _accepting;

    private FaultyHttpProxy(IPEndPoint target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        _port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Where the client has to connect.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>All requests so far, as <c>METHOD /path?query</c>, in the order they came.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <param name="server">By IP address: nothing is looked up.</param>
    public static FaultyHttpProxy Start(Uri server) => new(new IPEndPoint(IPAddress.Parse(server.Host), server.Port));

    /// <summary>Plans a fault for the next requests that fit.</summary>
    /// <param name="request">Of <c>METHOD /path?query</c>. Null: any request.</param>
    public void Plan(HttpFault fault, int times = 1, Func<string, bool>? request = null)
    {
        lock (_planning)
        {
            for (var i = 0; i < times; i++) _plans.Add((fault, request ?? (_ => true)));
        }
    }

    /// <summary>Drops what is planned and was not met by a request.</summary>
    public void Unplan()
    {
        lock (_planning) _plans.Clear();
    }

    /// <summary>Refuses connections, and breaks those that are open, until <see cref="Accept"/>.</summary>
    public async Task RefuseAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var connection in _connections.Keys) connection.Dispose();
    }

    /// <summary>Takes connections again, at the same address.</summary>
    public void Accept()
    {
        _listener = new TcpListener(IPAddress.Loopback, _port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await RefuseAsync();
        await Task.WhenAll(_connections.Values).WaitAsync(TimeSpan.FromSeconds(10));
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync(_stopping.Token);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }

            _connections[client] = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var server = new TcpClient();
            await server.ConnectAsync(_target, _stopping.Token);
            using var near = new HttpWire(client);
            using var far = new HttpWire(server);
            while (await near.ReadHeadAsync(_stopping.Token) is { } head && await ExchangeAsync(near, far, head, _stopping.Token))
            {
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One side is gone; the other one sees that.
        }
        finally
        {
            client.Dispose();
            _connections.TryRemove(client, out _);
        }
    }

    /// <summary>False: the connection is not used any more.</summary>
    private async Task<bool> ExchangeAsync(HttpWire near, HttpWire far, string head, CancellationToken cancellation)
    {
        var request = head[..head.IndexOf(" HTTP/", StringComparison.Ordinal)];
        _requests.Enqueue(request);
        var fault = Take(request);
        if (HttpWire.Header(head, "Expect") is not null)
        {
            await near.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n", cancellation);
            head = string.Join("\r\n", head.Split("\r\n").Where(line => !line.StartsWith("Expect:", StringComparison.OrdinalIgnoreCase)));
        }

        if (fault is HttpFault.Answering or HttpFault.Hanging)
        {
            await near.CopyBodyAsync(head, null, long.MaxValue, false, cancellation);
            if (fault is HttpFault.Answering answer) await AnswerAsync(near, answer, request, cancellation);
            else await near.ClosedAsync(cancellation);
            return false;
        }

        if (fault is HttpFault.Delaying delay)
        {
            await Task.Delay(delay.Pause, cancellation);
        }

        await far.WriteAsync(head, cancellation);
        var limit = fault is HttpFault.CuttingRequest cut ? cut.BodyBytes : long.MaxValue;
        return await near.CopyBodyAsync(head, far, limit, fault is HttpFault.Flipping, cancellation)
            && await ReplyAsync(near, far, fault, request, cancellation);
    }

    private static async Task<bool> ReplyAsync(HttpWire near, HttpWire far, HttpFault? fault, string request, CancellationToken cancellation)
    {
        if (await far.ReadHeadAsync(cancellation) is not { } head) return false;
        var lost = fault is HttpFault.Losing;
        if (!lost) await near.WriteAsync(head, cancellation);
        var status = head.Split(' ', 3)[1];
        if (!request.StartsWith("HEAD ", StringComparison.Ordinal) && status is not ("204" or "304"))
        {
            var limit = fault switch { HttpFault.CuttingReply cut => cut.BodyBytes, HttpFault.StallingReply stall => stall.BodyBytes, _ => long.MaxValue };
            if (!await far.CopyBodyAsync(head, lost ? null : near, limit, false, cancellation))
            {
                if (fault is HttpFault.StallingReply) await near.ClosedAsync(cancellation);
                return false;
            }
        }

        return !lost && !string.Equals(HttpWire.Header(head, "Connection"), "close", StringComparison.OrdinalIgnoreCase);
    }

    private static Task AnswerAsync(HttpWire near, HttpFault.Answering answer, string request, CancellationToken cancellation)
    {
        var body = request.StartsWith("HEAD ", StringComparison.Ordinal) ? "" : answer.Body;
        return near.WriteAsync(
            $"HTTP/1.1 {answer.Status} Fault\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}",
                cancellation);
    }

    private HttpFault? Take(string request)
    {
        lock (_planning)
        {
            var at = _plans.FindIndex(plan => plan.Fits(request));
            if (at < 0) return null;
            var fault = _plans[at].Fault;
            _plans.RemoveAt(at);
            return fault;
        }
    }
}
