using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>A receiver of RFC 5425: TLS, frames with a count of octets. A test may make it drop connections, with what it has not read yet.</summary>
internal sealed class SyslogReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<string> _messages = Channel.CreateUnbounded<string>();
    private readonly X509Certificate2 _certificate;
    private readonly bool _demandsCertificate;
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;

    private SyslogReceiver(X509Certificate2 certificate, bool demandsCertificate)
    {
        (_certificate, _demandsCertificate) = (certificate, demandsCertificate);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string? ClientSubject { get; private set; }

    /// <summary>By connection, after how many messages it is dropped without a word.</summary>
    public Queue<int> Drops { get; } = new();

    public static SyslogReceiver Start(X509Certificate2 certificate, bool demandsCertificate = false) => new(certificate, demandsCertificate);

    /// <summary>A certificate for localhost that is its own authority, and its PEM.</summary>
    public static (X509Certificate2 Certificate, string Pem, string KeyPem) SelfSigned(string name, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return (X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null), made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public ValueTask<string> NextAsync(CancellationToken cancellation) => _messages.Reader.ReadAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        // Stopped when nobody accepts any more: the loop may be between two connections.
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_serving);
        _stopping.Dispose();
        _certificate.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _serving.Add(ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var owned = socket;
        try
        {
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate,
                    ClientCertificateRequired = _demandsCertificate,
                    RemoteCertificateValidationCallback = (_, client, _, _) => !_demandsCertificate || (ClientSubject = client?.Subject) is not null,
                },
                _stopping.Token);
            var most = Drops.TryDequeue(out var drop) ? drop : int.MaxValue;
            for (var read = 0; read < most; read++)
            {
                if (await ReadAsync(tls) is not { } message) return;
                await _messages.Writer.WriteAsync(message);
            }

            // Reset, as a receiver that crashed: what it had not read is gone.
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The other side left, or was refused.
        }
    }

    private async Task<string?> ReadAsync(Stream from)
    {
        var count = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            if (await from.ReadAsync(one, _stopping.Token) == 0) return null;
            if (one[0] == ' ') break;
            count.Append((char)one[0]);
        }

        var message = new byte[int.Parse(count.ToString(), CultureInfo.InvariantCulture)];
        await from.ReadExactlyAsync(message, _stopping.Token);
        return Encoding.UTF8.GetString(message);
    }
}
