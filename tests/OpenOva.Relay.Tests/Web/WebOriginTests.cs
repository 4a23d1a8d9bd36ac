using Microsoft.AspNetCore.Http;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Web;

[Trait("Kind", "Fast")]
public sealed class WebOriginTests
{
    [Theory]
    [InlineData("https://relay.example.org", "https://relay.example.org:443")]
    [InlineData("HTTPS://Relay.Example.ORG/", "https://relay.example.org:443")]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    [InlineData("null", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("https://relay.example.org/path", null)]
    [InlineData("https://user@relay.example.org", null)]
    [InlineData("https://relay.example.org#x", null)]
    [InlineData("ftp://relay.example.org", null)]
    [InlineData("relay.example.org", null)]
    public void Parse_OfAnOrigin_GivesOneSpelling(string? text, string? origin) => Assert.Equal(origin, WebOrigin.Parse(text));

    [Theory]
    [InlineData("https://relay.example.org", true)]
    [InlineData("https://portal.example.org", true)]
    // A proxy terminates TLS: what the request says of itself is not what browsers use.
    [InlineData("http://inside:8080", false)]
    [InlineData("http://relay.example.org", false)]
    [InlineData("https://relay.example.org:8443", false)]
    public void Admits_WithAPublicAddress_ThatOriginAndTheAllowedOnes(string origin, bool admitted)
    {
        var options = new WebOptions { PublicAddress = "https://relay.example.org" };
        options.AllowedOrigins.Add("https://portal.example.org");

        Assert.Equal(admitted, new WebOrigin(options).Admits(Request(origin)));
    }

    [Fact]
    public void Admits_WithoutAPublicAddress_TheRequestsOwnOriginOnce()
    {
        var origin = new WebOrigin(new WebOptions());

        Assert.True(origin.Admits(Request("http://inside:8080")));
        Assert.False(origin.Admits(Request("https://inside:8080")));
        Assert.False(origin.Admits(Request("http://inside:8080", "http://inside:8080")));
        Assert.False(origin.Admits(Request()));
    }

    [Theory]
    [InlineData("localhost", "", false, false)]
    [InlineData("127.0.0.1", "", false, false)]
    [InlineData("127.0.0.1", "", true, true)]
    [InlineData("127.0.0.1", "https://relay.example.org", false, true)]
    [InlineData("*", "", false, true)]
    [InlineData("10.0.0.1", "", false, true)]
    public void IsSecure_WithoutTlsOnLoopback_AloneIsNot(string address, string publicAddress, bool tls, bool secure)
    {
        var request = Request();
        request.IsHttps = tls;

        Assert.Equal(secure, new WebOrigin(new WebOptions { Address = address, PublicAddress = publicAddress }).IsSecure(request));
    }

    private static HttpRequest Request(params string[] origins)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host) = ("http", new HostString("inside", 8080));
        request.Headers.Origin = origins;
        return request;
    }
}
