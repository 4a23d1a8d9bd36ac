using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using OpenOva.Relay.Grpc.Interop;

namespace OpenOva.Relay.Grpc.Tests.Interop;

/// <summary>The interoperability server twice, for all tests of a class: cleartext and TLS.</summary>
public sealed class InteropServers : IAsyncLifetime
{
    private readonly X509Certificate2 _certificate = DevelopmentCertificate.Create();
    private InteropServer? _cleartext;
    private InteropServer? _tls;

    public string CertificatePem => _certificate.ExportCertificatePem();

    public Uri AddressOf(string transport) => (transport == "tls" ? _tls : _cleartext)!.Address;

    public GrpcChannel Connect(string transport)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        handler.SslOptions.RemoteCertificateValidationCallback =
            (_, shown, _, _) => shown is not null && shown.GetCertHashString() == _certificate.GetCertHashString();
        return GrpcChannel.ForAddress(AddressOf(transport), new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    public async ValueTask InitializeAsync()
    {
        _cleartext = await InteropServer.StartAsync(new InteropServerOptions());
        _tls = await InteropServer.StartAsync(new InteropServerOptions { Certificate = _certificate });
    }

    public async ValueTask DisposeAsync()
    {
        if (_cleartext is not null) await _cleartext.DisposeAsync();
        if (_tls is not null) await _tls.DisposeAsync();
        _certificate.Dispose();
    }
}
