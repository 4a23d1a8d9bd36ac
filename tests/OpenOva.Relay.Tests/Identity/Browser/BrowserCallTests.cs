using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Identity.Browser;

/// <summary>The sign-in's cookies: one attribute less, and a script, a neighbouring host or another site has them.</summary>
[Trait("Kind", "Fast")]
public sealed class BrowserCallTests
{
    [Theory]
    [InlineData("https://relay.example.org", "__Host-relay", "httponly path=/ samesite=lax secure")]
    [InlineData("", "relay", "httponly path=/ samesite=lax")]
    public void Cookie_OfASignIn_IsThisHostsAndOutOfScriptsReach(string publicAddress, string name, string attributes)
    {
        var context = Context(publicAddress);
        var secret = BrowserSecret.Create();

        BrowserCall.SetCookie(context, secret);

        Assert.Equal($"{name}={secret.ToCookie()} {attributes}", Sorted(context.Response.Headers.SetCookie.Single()!));
        BrowserCall.DeleteCookie(context);
        Assert.StartsWith($"{name}=; expires=Thu, 01 Jan 1970", context.Response.Headers.SetCookie.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://relay.example.org", "__Host-relay", "relay")]
    [InlineData("", "relay", "__Host-relay")]
    public void Secret_OfACookieByAnotherName_IsNone(string publicAddress, string name, string other)
    {
        var (context, secret) = (Context(publicAddress), BrowserSecret.Create());

        context.Request.Headers.Cookie = $"{other}={secret.ToCookie()}";
        Assert.Null(BrowserCall.SecretOf(context));
        context.Request.Headers.Cookie = $"{name}={secret.ToCookie()}";
        Assert.Equal(secret.Id, BrowserCall.SecretOf(context)!.Id);
    }

    [Fact]
    public void Cookie_OfAnAttempt_IsForTheWayBackAlone()
    {
        var context = Context("https://relay.example.org");

        context.Response.Cookies.Append("attempt", "x", BrowserCall.Cookie(context, BrowserRoutes.CallbackPath, SignInAttempt.Lifetime));

        Assert.Equal("attempt=x httponly max-age=600 path=/auth/callback samesite=lax secure", Sorted(context.Response.Headers.SetCookie.Single()!));
    }

    private static string Sorted(string cookie)
    {
        var parts = cookie.Split("; ");
        return string.Join(' ', parts[1..].Order(StringComparer.Ordinal).Prepend(parts[0]));
    }

    private static DefaultHttpContext Context(string publicAddress)
    {
        var options = new WebOptions { PublicAddress = publicAddress };
        return new() { RequestServices = new ServiceCollection().AddSingleton(options).AddSingleton(new WebOrigin(options)).BuildServiceProvider() };
    }
}
