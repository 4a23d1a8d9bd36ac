using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>
/// A way to a broker that can be shut: connections through it are then reset and new ones refused, which is what both ends see when the
/// other one, or the network between, is gone. With a certificate it speaks TLS to its clients.
/// </summary>
internal sealed class BrokerDoor : IAsyncDisposable
{
    private readonly Uri _broker;
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly int _port;
    private TcpListener? _listener;
    private Task _serving = Task.CompletedTask;

    public BrokerDoor(Uri broker, X509Certificate2? certificate = null)
    {
        (_broker, _certificate) = (broker, certificate);
        _port = LoopbackPort.Free();
    }

    public Uri Url => new($"{(_certificate is null ? "amqp" : "amqps")}://127.0.0.1:{_port}");

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, _port);
        _listener.Start();
        _serving = ServeAsync(_listener);
    }

    public async Task ShutAsync()
    {
        _listener?.Stop();
        foreach (var socket in _open.Keys) Reset(socket);
        await _serving;
    }

    public async ValueTask DisposeAsync() => await ShutAsync();

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
        using var broker = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _open[client] = _open[broker] = true;
        try
        {
            await broker.ConnectAsync(_broker.Host, _broker.Port);
            await using Stream near = await SecureAsync(new NetworkStream(client)), far = new NetworkStream(broker);
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // Shut, or one of the ends is gone.
        }
        finally
        {
            Reset(client);
            Reset(broker);
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream stream)
    {
        if (_certificate is null) return stream;
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(_certificate);
        return secure;
    }

    private void Reset(Socket socket)
    {
        if (!_open.TryRemove(socket, out _)) return;
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }
}
