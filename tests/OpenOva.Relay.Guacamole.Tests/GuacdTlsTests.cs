using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Shared;
using static OpenOva.Relay.Guacamole.Tests.GuacdHandshakes;

namespace OpenOva.Relay.Guacamole.Tests;

[Trait("Kind", "Fast")]
public sealed class GuacdTlsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = SelfSigned("guacd.test");

    public void Dispose() => _certificate.Dispose();

    [Fact]
    public async Task Guacd_WithATrustedCertificate_IsSpokenToOverTls()
    {
        await using var guacd = FakeGuacd.Start(new() { Certificate = _certificate });
        await using var connection = await ConnectAsync(guacd.Endpoint.Port, new GuacdTls { ServerName = "guacd.test", TrustedRoots = [_certificate] });
        Assert.Equal(GuacdFarewell.Answered, await connection.CloseAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Guacd_WithTheWrongNameOrAnUnknownRoot_GetsNothing()
    {
        using var other = SelfSigned("guacd.test");
        await using var guacd = FakeGuacd.Start(new() { Certificate = _certificate });
        foreach (var tls in new[]
        {
            new GuacdTls { ServerName = "other.test", TrustedRoots = [_certificate] },
            new GuacdTls { ServerName = "guacd.test", TrustedRoots = [other] },
            new GuacdTls { ServerName = "guacd.test" },
        })
            Assert.Equal(GuacdFailure.TlsFailed, (await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd.Endpoint.Port, tls))).Failure);
    }

    [Fact]
    public async Task Guacd_WithoutTls_IsTlsFailed()
    {
        // It takes the ClientHello for a malformed instruction and closes.
        using var plain = new TcpListener(IPAddress.Loopback, 0);
        plain.Start();
        var connecting = ConnectAsync(((IPEndPoint)plain.LocalEndpoint).Port, new GuacdTls());
        (await plain.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
        Assert.Equal(GuacdFailure.TlsFailed, (await Assert.ThrowsAsync<GuacdException>(() => connecting)).Failure);
    }

    private static async Task<GuacdConnection> ConnectAsync(int port, GuacdTls tls) => await GuacdConnection.ConnectAsync(
        new GuacdEndpoint("127.0.0.1", port) { Tls = tls }, Ssh(), GuacdTimeouts.Default, TimeProvider.System, CancellationToken.None)
        .WaitAsync(TimeSpan.FromSeconds(10));

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
