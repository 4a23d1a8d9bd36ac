using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>A way to a server that can be cut, when what goes through it is reset and both ends see the network gone, and shut.</summary>
internal sealed class TcpDoor : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private TcpListener _listener = new(IPAddress.Loopback, 0);
    private Task _serving;

    public TcpDoor(GuacdEndpoint server)
    {
        _server = new(IPAddress.Parse(server.Host), server.Port);
        _listener.Start();
        Endpoint = new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
        _serving = ServeAsync(_listener);
    }

    public GuacdEndpoint Endpoint { get; }

    /// <summary>Refuses new connections, and resets those that are open, as where nobody listens any more.</summary>
    public async Task ShutAsync()
    {
        _listener.Stop();
        Cut();
        await _serving.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Takes connections again, at the same address.</summary>
    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Endpoint.Port);
        _listener.Start();
        _serving = ServeAsync(_listener);
    }

    /// <summary>Resets all that is open; new connections are taken.</summary>
    public void Cut()
    {
        foreach (var socket in _open.Keys)
        {
            try
            {
                socket.LingerState = new(true, 0);
                socket.Close();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // It has just gone by itself.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ShutAsync();
        _listener.Dispose();
    }

    private async Task ServeAsync(TcpListener listener)
    {
        var served = new List<Task>();
        try
        {
            while (true) served.Add(ForwardAsync(await listener.AcceptSocketAsync()));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _open[client] = _open[server] = true;
        try
        {
            await server.ConnectAsync(_server);
            await using var one = new NetworkStream(client);
            await using var two = new NetworkStream(server);
            await Task.WhenAny(one.CopyToAsync(two), two.CopyToAsync(one));
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // Cut.
        }
        finally
        {
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
            client.Dispose();
            server.Dispose();
        }
    }
}
