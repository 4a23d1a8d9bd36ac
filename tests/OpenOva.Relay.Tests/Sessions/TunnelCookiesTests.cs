using Microsoft.AspNetCore.Http;
using OpenOva.Relay.Database;
using OpenOva.Relay.Sessions.WebTunnel;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class TunnelCookiesTests
{
    private const string Session = "0198c0de-0000-7000-8000-000000000000";

    [Theory]
    [InlineData("", false)]
    [InlineData("https://relay.example.org", true)]
    public void Hand_ATicket_IsForTheTunnelAndItsLifeAlone(string publicAddress, bool secure)
    {
        var context = new DefaultHttpContext();
        var time = TimeProvider.System;

        new TunnelCookies(new WebOrigin(new WebOptions { PublicAddress = publicAddress }), time).Hand(context, Session, "the-ticket", time.GetUnixMicroseconds() + 30_500_000);

        var parts = context.Response.Headers.SetCookie.Single()!.Split("; ");
        Assert.Equal($"relay-tunnel-{Session}=the-ticket", parts[0]);
        Assert.Contains("path=/tunnel", parts);
        Assert.Contains("httponly", parts);
        Assert.Contains("samesite=strict", parts);
        Assert.Contains(parts, part => part is "max-age=30" or "max-age=29" or "max-age=31");
        Assert.Equal(secure, parts.Contains("secure"));
    }
}
