using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class SessionFailuresTests
{
    private const string UntrustedCertificate = "SSL/TLS connection failed (untrusted/self-signed certificate?)";

    [Theory]
    [InlineData("rdp", 519, UntrustedCertificate, ErrorReason.TargetIdentityMismatch)]
    [InlineData("rdp", 519, "DNS lookup failed (incorrect hostname?)", ErrorReason.TargetUnreachable)]
    [InlineData("vnc", 519, "Unable to connect to VNC server.", ErrorReason.TargetUnreachable)]
    [InlineData("rdp", 769, "Authentication failure (invalid credentials?)", ErrorReason.TargetCredentialRefused)]
    [InlineData("ssh", 512, "", ErrorReason.TargetIdentityMismatch)]
    [InlineData("telnet", 512, "", ErrorReason.TargetError)]
    [InlineData("ssh", 514, "", ErrorReason.TargetTimeout)]
    public void Reason_OfWhatGuacdSaid_NamesTheSideThatFailed(string protocol, int status, string text, ErrorReason expected) =>
        Assert.Equal(expected, SessionFailures.ReasonOf((GuacamoleStatus)status, protocol, text));
}
