using System.Net;
using System.Net.Sockets;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Integration;

/// <summary>A way to a guacd that lets nothing through until it is opened.</summary>
internal sealed class HeldDoor : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;

    public HeldDoor(GuacdEndpoint server)
    {
        _listener.Start();
        _serving = ServeAsync(server);
    }

    public GuacdEndpoint Endpoint => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>Completes when somebody stands before it.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Open() => _opened.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _serving;
        _closing.Dispose();
    }

    private async Task ServeAsync(GuacdEndpoint server)
    {
        try
        {
            using var client = await _listener.AcceptTcpClientAsync(_closing.Token);
            _reached.TrySetResult();
            await _opened.Task.WaitAsync(_closing.Token);
            using var guacd = new TcpClient();
            await guacd.ConnectAsync(server.Host, server.Port, _closing.Token);
            var (near, far) = (client.GetStream(), guacd.GetStream());
            await Task.WhenAny(near.CopyToAsync(far, _closing.Token), far.CopyToAsync(near, _closing.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
        {
            // The test is over, or one of the two ends is.
        }
    }
}
