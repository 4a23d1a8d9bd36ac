using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Targets;

/// <summary>VNC, which cannot prove who the target is: each session is an exception.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class VncTargetTests
{
    [Fact]
    public async Task Vnc_WithPassword_IsRecordedFromTheFirstFrameToTheVerdict()
    {
        var target = TargetLab.OrSkip("vnc");
        var leaves = await TargetJourney.GoAsync(target.Setup("color-depth: \"24\""), "vnc", target.Home);

        Assert.Equal("unverified", leaves.Of("session.opened").Data.String("target_identity"));
    }

    [Fact]
    public async Task Vnc_WithWrongPassword_IsATargetThatCannotBeReached()
    {
        var target = TargetLab.OrSkip("vnc");
        using var folder = new TemporaryFolder();

        // guacd has the same words and the same status for a refused password and for a refused connection.
        await FailedOpening.OfAsync(target.Setup("color-depth: \"24\"", passwordFile: folder.Write("password", "wrong")), ErrorReason.TargetUnreachable, 15, "vnc");
    }

    [Fact]
    public async Task Vnc_WhosePasswordGuacdAsksFor_IsAnsweredFromTheSecret()
    {
        var target = TargetLab.OrSkip("vnc");
        await using var guacd = new ForgetfulGuacd(target.Guacd, "password");

        await TargetJourney.GoAsync(target.Setup("color-depth: \"24\"", guacd: guacd.Endpoint), "vnc", target.Home);

        lock (guacd.Said) Assert.Contains("required", guacd.Said);
    }

    [Fact]
    public async Task Vnc_WithoutPasswordAnywhere_IsMisconfiguredAndAsksNobody()
    {
        var target = TargetLab.OrSkip("vnc");
        var setup = target.Setup("color-depth: \"24\"") with { Connections = TargetLab.Yaml("vnc", target.Host, target.Port, "color-depth: \"24\"", verified: false, passwordFile: null) };

        var told = await FailedOpening.OfAsync(setup, ErrorReason.ConnectionMisconfigured, 15, "vnc");

        Assert.Equal("password", told.Metadata["parameters"]);
    }
}
