using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Development;
using OpenOva.Relay.Identity.Recheck;

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
        ["ClockSkew must be from 0"] = options => options.ClockSkew = TimeSpan.FromSeconds(-1),
        ["MaximumTokenLifetime must be"] = options => options.MaximumTokenLifetime = TimeSpan.FromDays(8),
        ["RefusedLogoutsPerSecond must be"] = options => options.RefusedLogoutsPerSecond = 0,
        ["Issuers:0:Roles:relay-admin:Groups must be"] = options => options.Issuers[0].Roles["relay-admin"] = new RoleMapping { Groups = ["it/ops"] },
        ["Issuers:0:AudienceRoles:db:Groups must be"] = options => options.Issuers[0].AudienceRoles["db"] = new RoleMapping { Groups = ["/*"] },
        ["Issuers:0:AudienceRoles:db:ClientRoles must name"] = options => options.Issuers[0].AudienceRoles["db"] = new RoleMapping { ClientRoles = [new ClientRole { Role = "x" }] },
        ["Issuers:0:GroupsClaim must"] = options => options.Issuers[0].GroupsClaim = "",
        ["Issuers:0:PersonClaim must"] = options => options.Issuers[0].PersonClaim = "",
        ["AccountPersons:0:Issuer must be"] = options => options.AccountPersons.Add(Account("https://sso.example/realms/other")),
        ["AccountPersons:0:Subject must"] = options => options.AccountPersons.Add(Account(subject: "")),
        ["AccountPersons:0:Person must"] = options => options.AccountPersons.Add(Account(person: "")),
        ["AccountPersons:1 must not name"] = options =>
        {
            options.AccountPersons.Add(Account());
            options.AccountPersons.Add(Account(person: "4712"));
        },
        ["Issuers:0:Recheck:Interval must be"] = options => Recheck(options).Interval = TimeSpan.FromSeconds(4.9),
        ["Issuers:0:Recheck:Grace must be"] = options => Recheck(options).Grace = TimeSpan.FromHours(25),
        ["Issuers:0:Recheck:ClientId must"] = options => Recheck(options).ClientId = "",
        ["Issuers:0:Recheck:SecretFile must name"] = options => Recheck(options).SecretFile = "",
        ["Issuers:0:Recheck:SecretFile must name a readable"] = options => Recheck(options).SecretFile = "/nowhere",
        ["Issuers:0:Recheck:AdminBase must be"] = options => Recheck(options).AdminBase = "acme",
        ["Issuers:0:Recheck:AdminBase is plain http"] = options => Recheck(options).AdminBase = "http://keycloak.sso.svc/admin/realms/acme",
        ["Issuers:0:Recheck needs every client"] = options =>
        {
            Recheck(options);
            options.Issuers[0].AudienceRoleClients.Add("*");
        },
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

    [Fact]
    public void Validate_LargestSkewAndRecheck_Succeeds()
    {
        var options = Good();
        options.ClockSkew = TimeSpan.FromMinutes(5);
        Recheck(options).Interval = TimeSpan.FromSeconds(5);
        options.AccountPersons.Add(Account());

        Assert.True(new IdentityRules(new TestEnvironment("Development")).Validate(null, options).Succeeded);
        Assert.Equal("https://sso.example/admin/realms/acme", options.Issuers[0].Recheck!.AdminBaseOf(options.Issuers[0])!.AbsoluteUri);
        Assert.Equal("https://sso.example/realms/acme/protocol/openid-connect/token", RecheckOptions.TokenEndpointOf(options.Issuers[0])!.AbsoluteUri);
    }

    private static AccountPerson Account(string issuer = "https://sso.example/realms/acme", string subject = "f3c9a1", string person = "4711") =>
        new() { Issuer = issuer, Subject = subject, Person = person };

    private static RecheckOptions Recheck(IdentityOptions options) =>
        options.Issuers[0].Recheck = new RecheckOptions { ClientId = "relay-recheck", SecretFile = typeof(IdentityRulesTests).Assembly.Location };

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
