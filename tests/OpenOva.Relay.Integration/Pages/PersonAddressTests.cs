using System.Net;
using System.Text.RegularExpressions;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Integration.Pages;

// Each case boots the service.
/// <summary>Where a person is counts by what trusted proxies say, and by nothing that he says himself.</summary>
[Trait("Kind", "Real")]
public sealed partial class PersonAddressTests
{
    private const string Policy =
        """
        apiVersion: catalyst.openova.io/v1alpha1
        kind: EnvironmentPolicy
        metadata:
          name: offices
          labels:
            catalyst.openova.io/organization: acme
        spec:
          selector: {connections: [ssh-db]}
          rules:
          - {kind: source-networks, cidrs: [203.0.113.0/24]}
        """;

    [Theory]
    [InlineData("127.0.0.0/8", "203.0.113.7", HttpStatusCode.Redirect)]
    [InlineData("127.0.0.0/8", "203.0.113.7, 198.51.100.9", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.0/8", "198.51.100.9", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.0/8", null, HttpStatusCode.Forbidden)]
    [InlineData("10.0.0.0/8", "203.0.113.7", HttpStatusCode.Forbidden)]
    [InlineData(null, "203.0.113.7", HttpStatusCode.Forbidden)]
    public async Task Open_ThroughAProxy_IsDecidedByTheAddressThatATrustedOneSays(string? trusted, string? forwarded, HttpStatusCode expected)
    {
        await using var guacd = FakeGuacd.Start();
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint, Connections = $"{RelayUnderTest.SshYaml()}\n---\n{Policy}",
            Values = trusted is null ? new Dictionary<string, string?>() : new Dictionary<string, string?> { ["Relay:Web:TrustedProxies:0"] = trusted },
        });
        using var olivia = await BrowserPerson.SignInAsync(relay.Web, "olivia");
        var notice = NoticeField().Match(await olivia.PageAsync("/connections/ssh-db")).Groups[1].Value;

        using var answer = await olivia.PostAsync("/connections/ssh-db/open", new() { ["purpose"] = "a test", ["notice"] = notice }, change: request =>
        {
            request.Headers.Add("X-Original-For", "203.0.113.7");
            if (forwarded is not null) request.Headers.Add("X-Forwarded-For", forwarded);
        });

        Assert.Equal(expected, answer.StatusCode);
    }

    [GeneratedRegex("name=\"notice\" value=\"([0-9a-f]{64})\"")]
    private static partial Regex NoticeField();
}
