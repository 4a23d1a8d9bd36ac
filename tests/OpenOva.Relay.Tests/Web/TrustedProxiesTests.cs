using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Web;

/// <summary>Where a person is, through the proxies of the way: theirs is nobody's address, and what he says himself is nothing.</summary>
[Trait("Kind", "Fast")]
public sealed class TrustedProxiesTests
{
    private const string Proxy = "10.0.0.1";

    [Theory]
    [InlineData("", "", Proxy, null, Proxy)]
    [InlineData("", "", Proxy, "203.0.113.7", Proxy)]
    [InlineData("", "10.0.0.0/8", Proxy, "203.0.113.7", "203.0.113.7")]
    [InlineData("", "10.0.0.0/8", Proxy, "203.0.113.7, 198.51.100.9", "198.51.100.9")]
    [InlineData("", "10.0.0.0/8", Proxy, "203.0.113.7, 10.0.0.2", "203.0.113.7")]
    [InlineData("", "10.0.0.0/8", "127.0.0.1", "203.0.113.7", "127.0.0.1")]
    [InlineData("", "10.0.0.0/8", "::1", "203.0.113.7", "::1")]
    [InlineData("", "10.0.0.0/8", "192.0.2.1", "203.0.113.7", "192.0.2.1")]
    // A proxy ends TLS: without one that is trusted, nobody's address is known.
    [InlineData("https://relay.example.org", "", Proxy, "203.0.113.7", null)]
    [InlineData("https://relay.example.org", "10.0.0.0/8", Proxy, null, null)]
    [InlineData("https://relay.example.org", "10.0.0.0/8", "192.0.2.1", "203.0.113.7", null)]
    [InlineData("https://relay.example.org", "10.0.0.0/8", Proxy, "203.0.113.7", "203.0.113.7")]
    public async Task Address_OfAPerson_IsWhatTrustedProxiesSay(string publicAddress, string trusted, string from, string? forwarded, string? expected)
    {
        var options = new WebOptions { PublicAddress = publicAddress, TrustedProxies = trusted.Length > 0 ? [trusted] : [] };
        var services = new ServiceCollection().AddSingleton(options).AddLogging().BuildServiceProvider();
        var application = new ApplicationBuilder(services);
        IPAddress? found = IPAddress.None;
        application.UseTrustedProxies();
        application.Run(context =>
        {
            found = PersonAddress.Of(context);
            return Task.CompletedTask;
        });
        var context = new DefaultHttpContext { RequestServices = services };
        context.Connection.RemoteIpAddress = IPAddress.Parse(from);
        // Which proxies were believed is for the service to say, and for nobody who calls.
        context.Request.Headers["X-Original-For"] = "203.0.113.99";
        if (forwarded is not null) context.Request.Headers["X-Forwarded-For"] = forwarded;

        await application.Build()(context);

        Assert.Equal(expected, found?.ToString());
    }

    [Fact]
    public void Address_OfAPersonWhoComesOverTlsHimself_IsHisOwn()
    {
        var options = new WebOptions { PublicAddress = "https://relay.example.org" };
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton(options).BuildServiceProvider() };
        context.Request.IsHttps = true;
        context.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.7");

        Assert.Equal("203.0.113.7", PersonAddress.Of(context)?.ToString());
    }
}
