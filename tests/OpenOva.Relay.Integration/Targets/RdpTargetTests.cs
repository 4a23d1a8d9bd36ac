using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Targets;

/// <summary>RDP over TLS. guacd 1.3.0 has no pins: a certificate that no authority signed is taken unseen, and said so, or refused.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class RdpTargetTests
{
    [Fact]
    public async Task Rdp_WithAnyCertificate_IsRecordedAndSaysThatTheTargetIsUnverified()
    {
        var target = TargetLab.OrSkip("rdp");
        var leaves = await TargetJourney.GoAsync(target.Setup("username: relaytest, security: tls, ignore-cert: \"true\""), "rdp", target.Home);

        Assert.Equal("unverified", leaves.Of("session.opened").Data.String("target_identity"));
    }

    [Fact]
    public async Task Rdp_WithCertificateNobodyVouchesFor_IsNotTheHostThatItClaimsToBe()
    {
        var target = TargetLab.OrSkip("rdp");
        await FailedOpening.OfAsync(target.Setup("username: relaytest, security: tls", verified: true), ErrorReason.TargetIdentityMismatch, 15, "rdp");
    }

    [Fact]
    public async Task Rdp_WithPinThatThisGuacdDoesNotKnow_IsRefusedBeforeItIsTried()
    {
        var target = TargetLab.OrSkip("rdp");
        var told = await FailedOpening.OfAsync(
            target.Setup("username: relaytest, security: tls, cert-fingerprints: \"sha256:00\"", verified: true), ErrorReason.ConnectionMisconfigured, 10, "rdp");

        Assert.Equal("cert-fingerprints", told.Metadata["parameters"]);
    }
}
