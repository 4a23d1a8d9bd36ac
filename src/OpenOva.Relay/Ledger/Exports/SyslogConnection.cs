using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>One connection to a receiver, and whether it is known to be dead. A receiver says nothing: what comes from it is its end, or of no matter.</summary>
internal sealed class SyslogConnection : IAsyncDisposable
{
    // linux/tcp.h: bytes that the other side has not acknowledged for so many milliseconds end the connection.
    private const int Tcp = 6;
    private const int TcpUserTimeout = 18;
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly X509Certificate2? _certificate;
    private readonly Task _watching;
    private volatile bool _isDead;

    private SyslogConnection(Socket socket, Stream stream, X509Certificate2? certificate)
    {
        (_socket, _stream, _certificate) = (socket, stream, certificate);
        _watching = WatchAsync();
    }

    public bool IsDead => _isDead;

    /// <summary>Connects, and for <c>tls://</c> shakes hands.</summary>
    /// <exception cref="Exception">No connection, or the other side's certificate is not trusted.</exception>
    public static async Task<SyslogConnection> OpenAsync(ExportOptions options, CancellationToken cancellation)
    {
        var address = new Uri(options.Url);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        X509Certificate2? certificate = null;
        Stream? stream = null;
        try
        {
            GuardUnacknowledged(socket, options.ConfirmAfter);
            await socket.ConnectAsync(address.DnsSafeHost, address.Port, cancellation);
            stream = new NetworkStream(socket, ownsSocket: false);
            if (address.Scheme == "tls")
            {
                var tls = TrustedAuthorities.Client(options.CaFile);
                tls.TargetHost = address.DnsSafeHost;
                if (options.CertificateFile.Length > 0)
                {
                    certificate = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.CertificateKeyFile);
                    tls.ClientCertificates = [certificate];
                }

                var secured = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = secured;
                await secured.AuthenticateAsClientAsync(tls, cancellation);
            }

            return new SyslogConnection(socket, stream, certificate);
        }
        catch
        {
            if (stream is not null) await stream.DisposeAsync();
            certificate?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Writes and flushes; after a failure the connection is dead.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            await _stream.WriteAsync(bytes, cancellation);
            await _stream.FlushAsync(cancellation);
        }
        catch
        {
            // A frame may have gone in part.
            _isDead = true;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isDead = true;
        await _stream.DisposeAsync();
        _socket.Dispose();
        await _watching;
        _certificate?.Dispose();
    }

    // What was written must be acknowledged, or the connection be dead, before its time of confirmation comes: else a cut cable would count as arrival.
    private static void GuardUnacknowledged(Socket socket, TimeSpan confirmAfter)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(Tcp, TcpUserTimeout, BitConverter.GetBytes((int)(confirmAfter.TotalMilliseconds / 2)));
    }

    private async Task WatchAsync()
    {
        var ignored = new byte[1024];
        try
        {
            while (await _stream.ReadAsync(ignored) > 0)
            {
                // Of no matter.
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or SocketException)
        {
            // Dead, which is all that there is to know.
        }

        _isDead = true;
    }
}
