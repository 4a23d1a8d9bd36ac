using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Shared;

/// <summary>
/// Stands for guacd where a test needs its protocol and no target: it shakes hands, shows each user a prepared stream and keeps all that
/// he sends, decoded. Made of the product's own codec, on a port of its own on loopback.
/// <code>
/// await using var guacd = FakeGuacd.Start(new() { Play = FakeGuacdPlay.Replay(recording) });
/// var connection = await GuacdConnection.ConnectAsync(guacd.Endpoint, new GuacdHandshake { Protocol = "ssh" }, ...);
/// var user = await guacd.NextUserAsync();
/// await user.WaitForAsync("sync");
/// </code>
/// </summary>
/// <remarks>
/// Checked against a real guacd 1.3.0 by FakeGuacdAgainstRealTests: args and their order for ssh, vnc, rdp and telnet; the form of ready;
/// silence for a plugin that is missing; end of the stream for a join of an unknown id; a joiner is given the same id; disconnect
/// answered by disconnect with the socket left open; error 776 and disconnect after 15 s without input; unknown opcodes ignored.
/// Not checked against a real one: guacd 1.6.0's error 516 for an unknown id (from its source), and every <see cref="FakeGuacdFault"/>,
/// which no healthy guacd shows. Simplified: a joiner gets no redraw of what came before him, and a connection ends with its last user.
/// </remarks>
public sealed class FakeGuacd : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<FakeGuacdUser> _users = Channel.CreateUnbounded<FakeGuacdUser>();
    private readonly ConcurrentDictionary<FakeGuacdUser, Task> _serving = new();
    private readonly ConcurrentQueue<Exception> _defects = new();
    private Task _accepting = Task.CompletedTask;
    private int _accepted;

    private FakeGuacd(FakeGuacdOptions options) => Options = options;

    /// <summary>How it behaves. May be exchanged at any time; each user keeps what held when he came.</summary>
    public FakeGuacdOptions Options { get; set; }

    /// <summary>Where it listens.</summary>
    public GuacdEndpoint Endpoint { get; private set; } = new("127.0.0.1");

    /// <summary>Connections by id, as long as they have a user.</summary>
    public ConcurrentDictionary<string, FakeGuacdSession> Sessions { get; } = new(StringComparer.Ordinal);

    /// <summary>Handshakes begun so far: who connects and says nothing, as the service's probe does, is not counted.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Users who came to <c>ready</c> so far.</summary>
    public int Welcomed { get; private set; }

    /// <summary>Starts listening.</summary>
    public static FakeGuacd Start(FakeGuacdOptions? options = null)
    {
        var guacd = new FakeGuacd(options ?? new FakeGuacdOptions());
        guacd._listener.Start();
        guacd.Endpoint = new GuacdEndpoint("127.0.0.1", ((IPEndPoint)guacd._listener.LocalEndpoint).Port);
        guacd._accepting = guacd.AcceptAsync();
        return guacd;
    }

    /// <summary>The next user who came to <c>ready</c>, in that order; each is given once.</summary>
    /// <exception cref="TimeoutException">None came within 10 s.</exception>
    public async Task<FakeGuacdUser> NextUserAsync() => await _users.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Stops, closes every socket, and throws what went wrong in the fake itself; Guacamole that cannot be read from a user is such a fault, since the product sent it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        foreach (var user in _serving.Keys)
            user.Close();
        await Task.WhenAll(_serving.Values).WaitAsync(TimeSpan.FromSeconds(10));
        foreach (var user in _serving.Keys)
            user.Dispose();
        _stopping.Dispose();
        if (!_defects.IsEmpty)
            throw new AggregateException("The fake guacd itself failed.", _defects);
    }

    internal void Begin() => Interlocked.Increment(ref _accepted);

    internal void Announce(FakeGuacdUser user)
    {
        Welcomed++;
        _users.Writer.TryWrite(user);
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync(_stopping.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            socket.NoDelay = true;
            var user = new FakeGuacdUser(this, socket, Options);
            _serving[user] = Task.CompletedTask;
            _serving[user] = ServeAsync(user);
        }
    }

    private async Task ServeAsync(FakeGuacdUser user)
    {
        try
        {
            await user.ServeAsync(_stopping.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the peer or the test closed the connection
        }
        catch (Exception exception)
        {
            _defects.Enqueue(exception);
        }
        finally
        {
            user.Close();
        }
    }

    internal static async Task<Stream> SecureAsync(Socket socket, FakeGuacdOptions options, CancellationToken cancellationToken)
    {
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (options.Certificate is null)
            return stream;
        var secure = new SslStream(stream);
        try
        {
            await secure.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = options.Certificate }, cancellationToken);
        }
        catch (System.Security.Authentication.AuthenticationException exception)
        {
            throw new IOException("The client refused the certificate.", exception);
        }
        return secure;
    }
}
