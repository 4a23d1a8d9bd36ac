using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Pages.Frame;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Pages;

/// <summary>The headers of every page, each of them whole: what is wider than this lets something in.</summary>
[Trait("Kind", "Fast")]
public sealed class PageSecurityTests
{
    [Theory]
    [InlineData("https://relay.example.org", "max-age=31536000")]
    [InlineData("", "")]
    public void Headers_OfAPage_AreTheseAndOverTlsKeepBrowsersThere(string publicAddress, string transport)
    {
        var options = new WebOptions { PublicAddress = publicAddress };
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton(options).AddSingleton(new WebOrigin(options)).BuildServiceProvider() };

        PageSecurity.SetHeaders(context.Response);

        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: data:; connect-src 'self'; "
            + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            context.Response.Headers.ContentSecurityPolicy);
        Assert.Equal("nosniff", context.Response.Headers.XContentTypeOptions);
        Assert.Equal("same-origin", context.Response.Headers["Referrer-Policy"]);
        Assert.Equal("same-origin", context.Response.Headers["Cross-Origin-Opener-Policy"]);
        Assert.Equal("same-origin", context.Response.Headers["Cross-Origin-Resource-Policy"]);
        Assert.Equal("camera=(), microphone=(), geolocation=(), payment=(), usb=()", context.Response.Headers["Permissions-Policy"]);
        Assert.Equal(transport, context.Response.Headers.StrictTransportSecurity.ToString());
    }
}
