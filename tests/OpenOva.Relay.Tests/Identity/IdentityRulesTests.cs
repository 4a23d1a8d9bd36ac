using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Development;

namespace OpenOva.Relay.Tests.Identity;

[Trait("Kind", "Fast")]
public sealed class IdentityRulesTests
{
    private static readonly Dictionary<string, Action<IdentityOptions>> Faults = new()
    {
        ["Issuers must name at least one"] = options => options.Issuers.Clear(),
        ["Issuers:0:Issuer must be an absolute"] = options => options.Issuers[0].Issuer = "acme",
        ["Issuers:0:MetadataAddress must be"] = options => options.Issuers[0].MetadataAddress = "acme",
        ["Issuers:0:MetadataAddress is plain http beyond loopback"] = options => options.Issuers[0].MetadataAddress = "http://keycloak.sso.svc/realms/acme",
        ["Issuers:0:Organisation must be"] = options => options.Issuers[0].Organisation = "Acme/..",
        ["Issuers:0:Audience must name"] = options => options.Issuers[0].Audience = "",
        ["Issuers:0:Roles:operator is no relay role"] = options => options.Issuers[0].Roles["operator"] = new RoleMapping(),
        ["Issuers:1:Issuer must not stand twice"] = options => options.Issuers.Add(options.Issuers[0]),
        ["ClockSkew must be"] = options => options.ClockSkew = TimeSpan.FromSeconds(301),
        ["MaximumTokenLength must be"] = options => options.MaximumTokenLength = 1_000_000,
        ["KeyRefreshCooldown must be"] = options => options.KeyRefreshCooldown = TimeSpan.Zero,
        ["KeyRefreshInterval must not"] = options => options.KeyRefreshInterval = TimeSpan.FromSeconds(1),
        ["KeyMaximumAge must not"] = options => options.KeyMaximumAge = TimeSpan.FromSeconds(60),
        ["RefusalsPerMinute must be"] = options => options.RefusalsPerMinute = 0,
        ["Development:BaseAddress must be"] = options => options.Development!.BaseAddress = "http://10.0.0.9:8080",
        ["Development:AccessTokenLifetime must be"] = options => options.Development!.AccessTokenLifetime = TimeSpan.Zero,
        ["Development:Realms must name"] = options => options.Development!.Realms.Clear(),
        ["Development:Realms:0:Name must be set"] = options => options.Development!.Realms[0].Name = "",
    };

    public static TheoryData<string> Cases => [.. Faults.Keys];

    [Fact]
    public void Validate_Good_Succeeds() => Assert.True(new IdentityRules(new TestEnvironment("Development")).Validate(null, Good()).Succeeded);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Validate_OneThingBroken_NamesItsKey(string fault)
    {
        var options = Good();
        Faults[fault](options);

        var failures = new IdentityRules(new TestEnvironment("Development")).Validate(null, options).Failures!;

        Assert.StartsWith("Relay:Identity:" + fault, Assert.Single(failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_PlainHttpAllowedExplicitly_Succeeds()
    {
        var options = Good();
        options.Issuers[0].MetadataAddress = "http://keycloak.sso.svc/realms/acme/.well-known/openid-configuration";
        options.Issuers[0].AllowHttp = true;

        Assert.True(new IdentityRules(new TestEnvironment("Development")).Validate(null, options).Succeeded);
    }

    private static IdentityOptions Good() => new()
    {
        Issuers = [new IssuerOptions { Issuer = "https://sso.example/realms/acme", Organisation = "acme", Audience = "relay" }],
        Development = new DevelopmentIssuerOptions { BaseAddress = "http://localhost:8080", Realms = [new DevelopmentRealm { Name = "acme" }] },
    };

    private sealed class TestEnvironment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;
        public string ApplicationName { get; set; } = "relay";
        public string ContentRootPath { get; set; } = "/";
        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
