using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace OpenOva.Relay.Guacamole;

/// <summary>The first phase: name, TCP, TLS.</summary>
public sealed partial class GuacdConnection
{
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(100);

    private static async Task<Stream> OpenStreamAsync(
        GuacdEndpoint endpoint, GuacdTimeouts timeouts, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(timeouts.Connect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await ConnectOnceAsync(endpoint, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new GuacdException(
                    GuacdFailure.ConnectTimeout, $"guacd at {endpoint} did not accept a connection within {timeouts.Connect.TotalSeconds} s.");
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused && time.GetElapsedTime(begun) < timeouts.Restart)
            {
                await Task.Delay(RefusedPause, time, cancellationToken);
            }
            catch (SocketException exception)
            {
                throw new GuacdException(
                    GuacdFailure.Unreachable, $"guacd at {endpoint} cannot be reached: {exception.SocketErrorCode}.", exception);
            }
        }
    }

    private static async Task<Stream> ConnectOnceAsync(GuacdEndpoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var addresses = await ResolveAsync(endpoint, cancellationToken);
            await socket.ConnectAsync(addresses, endpoint.Port, cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return endpoint.Tls is null ? stream : await SecureAsync(stream, endpoint, endpoint.Tls, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(GuacdEndpoint endpoint, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(endpoint.Host, out var address)
            ? [address]
            : await Dns.GetHostAddressesAsync(endpoint.Host, cancellationToken);

        // Judged by the addresses that will be used: a name says nothing about where it leads.
        if (endpoint.Tls is null && !endpoint.AllowRemoteCleartext && !Array.TrueForAll(addresses, IPAddress.IsLoopback))
            throw new GuacdException(
                GuacdFailure.CleartextForbidden,
                $"guacd at {endpoint} is not on loopback: it would be sent the target's passwords in clear. Configure TLS.");
        return addresses;
    }

    private static async Task<Stream> SecureAsync(
        NetworkStream stream, GuacdEndpoint endpoint, GuacdTls tls, CancellationToken cancellationToken)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(tls.ToOptions(endpoint.Host), cancellationToken);
            return secure;
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            await secure.DisposeAsync();
            throw new GuacdException(GuacdFailure.TlsFailed, $"No TLS with guacd at {endpoint}: {exception.Message}", exception);
        }
    }
}
