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

    /// <summary>Completes when somebody stands before it who has something to say: who comes and leaves without a word only looks whether it is there.</summary>
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
        var held = new List<Task>();
        try
        {
            while (true) held.Add(HoldAsync(await _listener.AcceptTcpClientAsync(_closing.Token), server));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(held);
        }
    }

    private async Task HoldAsync(TcpClient accepted, GuacdEndpoint server)
    {
        try
        {
            using var client = accepted;
            var near = client.GetStream();
            var word = new byte[4096];
            var length = await near.ReadAsync(word, _closing.Token);
            if (length == 0) return;
            _reached.TrySetResult();
            await _opened.Task.WaitAsync(_closing.Token);
            using var guacd = new TcpClient();
            await guacd.ConnectAsync(server.Host, server.Port, _closing.Token);
            var far = guacd.GetStream();
            await far.WriteAsync(word.AsMemory(0, length), _closing.Token);
            await Task.WhenAny(near.CopyToAsync(far, _closing.Token), far.CopyToAsync(near, _closing.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
        {
            // The test is over, or one of the two ends is.
        }
    }
}
