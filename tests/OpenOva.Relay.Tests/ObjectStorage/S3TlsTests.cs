using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>Whom the store's client trusts: an endpoint with a private authority's certificate, of which it knows one answer.</summary>
[Trait("Kind", "Fast")]
public sealed class S3TlsTests : IAsyncLifetime
{
    private const string Body = """<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>relay-evidence</Name></ListBucketResult>""";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-tls-");
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly X509Certificate2 _authority = Authority("CN=Relay test authority");
    private X509Certificate2? _certificate;
    private Task _serving = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, _authority.NotBefore, _authority.NotAfter, [1, 2, 3]);
        _certificate = issued.CopyWithPrivateKey(key);
        _listener.Start();
        _serving = ServeAsync();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _serving.WaitAsync(TimeSpan.FromSeconds(10));
        _certificate?.Dispose();
        _authority.Dispose();
        _stopping.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Probe_AuthorityInCaFile_IsTrusted()
    {
        using var store = Open(_authority);

        Assert.Null(await Record.ExceptionAsync(() => store.ProbeAsync(Cancellation)));
    }

    [Fact]
    public async Task Probe_AuthorityOfTheSystemAlone_IsRefused()
    {
        using var store = Open(null);

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => store.ProbeAsync(Cancellation));
    }

    [Fact]
    public async Task Probe_AnotherAuthorityOfTheSameName_IsRefused()
    {
        using var other = Authority("CN=Relay test authority");
        using var store = Open(other);

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => store.ProbeAsync(Cancellation));
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    private S3ObjectStore Open(X509Certificate2? authority)
    {
        var keys = Path.Combine(_folder.FullName, "key");
        File.WriteAllText(keys, "abc");
        var options = new S3Options
        {
            Endpoint = $"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}", MaxAttempts = 1,
                Writer = { AccessKeyFile = keys, SecretKeyFile = keys },
        };
        if (authority is not null)
        {
            options.CaFile = Path.Combine(_folder.FullName, "ca.pem");
            File.WriteAllText(options.CaFile, authority.ExportCertificatePem());
        }

        return new S3ObjectStore(options, ["relay-evidence"], TimeProvider.System);
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stopping.Token);
                await tls.ReadAtLeastAsync(new byte[64 * 1024], 1, throwOnEndOfStream: false, _stopping.Token);
                var answer = $"HTTP/1.1 200 OK\r\nx-amz-request-id: one\r\nContent-Type: application/xml\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}";
                await tls.WriteAsync(Encoding.ASCII.GetBytes(answer), _stopping.Token);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
            {
                // The client did not trust it, or the test is over.
            }
        }
    }
}
