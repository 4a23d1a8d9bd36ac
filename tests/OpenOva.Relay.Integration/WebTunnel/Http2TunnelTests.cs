using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Sessions;

namespace OpenOva.Relay.Integration.WebTunnel;

/// <summary>Where TLS offers HTTP/2 a browser may open its tunnel as a stream of the connection that it has (RFC 8441): the same door, by CONNECT.</summary>
[Trait("Kind", "Real")]
[Collection(WebTunnelWorld.Collection)]
public sealed class Http2TunnelTests(WebTunnelWorld world)
{
    [Theory(Timeout = 120_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Tunnel_OverTls_IsOpenedByEitherVersionOfHttp(string version)
    {
        using var folder = new TemporaryFolder();
        var (certificate, key) = WriteCertificate(folder.Path);
        world.Shows();
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = world.Guacd.Endpoint,
            Issuer = world.Relay.Web,
            Values = new Dictionary<string, string?> { ["Relay:Web:CertificateFile"] = certificate, ["Relay:Web:CertificateKeyFile"] = key },
        });
        var cancellation = TestContext.Current.CancellationToken;
        var token = await world.Relay.TokenAsync("acme", "olivia");
        var olivia = (await relay.Services.GetRequiredService<TokenValidator>().ValidateAccessTokenAsync(token, cancellation)).Caller!;
        var opened = await relay.Services.GetRequiredService<SessionBroker>().OpenAsync(
            new CallerFeature(olivia, null), new WantedSession("ssh-db", "a test", "", IPAddress.Loopback, false), cancellation);

        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("guacamole");
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        socket.Options.SetRequestHeader("Origin", relay.Web.GetLeftPart(UriPartial.Authority));
        socket.Options.SetRequestHeader("Cookie", $"relay-tunnel-{opened.Id}={opened.Ticket}");
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var invoker = new HttpMessageInvoker(handler);
        await socket.ConnectAsync(new UriBuilder(relay.Web) { Scheme = "wss", Path = "/tunnel", Query = $"?GUAC_ID={opened.Id}" }.Uri, invoker, cancellation);
        var text = "";
        var buffer = new byte[4096];
        while (!text.Contains("4.sync,1.7;", StringComparison.Ordinal))
            text += Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer, cancellation)).Count);
        await socket.SendAsync("10.disconnect;"u8.ToArray(), WebSocketMessageType.Text, true, cancellation);
        while (socket.State == WebSocketState.Open) await socket.ReceiveAsync(buffer, cancellation);

        Assert.Equal((WebSocketCloseStatus.NormalClosure, "0"), (socket.CloseStatus, socket.CloseStatusDescription));
        var database = relay.Services.GetRequiredService<RelayDatabase>();
        await Streams.UntilAsync(async () => (await SessionQueries.FindAsync(database, "acme", opened.Id, cancellation))!.VerifiedUs is not null, 60);
    }

    private static (string Certificate, string Key) WriteCertificate(string folder)
    {
        var (certificateFile, keyFile) = (Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (certificateFile, keyFile);
    }
}
