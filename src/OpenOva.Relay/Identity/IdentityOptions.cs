using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Identity.Development;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Identity;

/// <summary>Configuration <c>Relay:Identity</c>.</summary>
internal sealed class IdentityOptions
{
    public const string Section = "Relay:Identity";

    /// <summary>The realms whose tokens are taken. Several may name one organisation; an issuer appears once.</summary>
    public IList<IssuerOptions> Issuers { get; init; } = [];

    /// <summary>Which person an account stands for, where its tokens do not say (<see cref="IssuerOptions.PersonClaim"/>). An account appears once.</summary>
    public IList<AccountPerson> AccountPersons { get; init; } = [];

    /// <summary>
    /// How far the issuer's clock and ours may differ, either way: a token counts until <c>exp</c> plus this, and from <c>nbf</c> and <c>iat</c> minus
    /// this. Default 30 s; 0 to 5 minutes.
    /// </summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Longest time from <c>iat</c> to <c>exp</c> of a token; also how long a sign-out is remembered, so that no token from before it is ever taken
    /// again. Default 24 h; 1 minute to 7 days.
    /// </summary>
    public TimeSpan MaximumTokenLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Longest token accepted, in characters. 1 to 64 KiB.</summary>
    public int MaximumTokenLength { get; set; } = 16 * 1024;

    /// <summary>An unknown key id refreshes the issuer's keys at most once in this time. At least 1 second.</summary>
    public TimeSpan KeyRefreshCooldown { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Keys older than this are refreshed beside their use, so that a disabled key stops being accepted.</summary>
    public TimeSpan KeyRefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Keys older than this are no longer used: an issuer that has been unreachable so long fails closed.</summary>
    public TimeSpan KeyMaximumAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Refused back-channel logout calls that are worked off in a second; beyond it calls are turned away (429) unread until the next. Genuine
    /// ones do not count. Default 100; 1 to 10000.
    /// </summary>
    public int RefusedLogoutsPerSecond { get; set; } = 100;

    /// <summary>Refusals of one reason and organisation that are ledgered one by one in a minute; the rest are counted.</summary>
    public int RefusalsPerMinute { get; set; } = 10;

    /// <summary>How long a browser stays signed in.</summary>
    public BrowserSessionOptions BrowserSessions { get; init; } = new();

    /// <summary>The embedded issuer for development; absent in every other environment.</summary>
    public DevelopmentIssuerOptions? Development { get; set; }
}

/// <summary>One realm.</summary>
internal sealed class IssuerOptions
{
    /// <summary>Compared exactly with <c>iss</c>, e.g. <c>https://sso.example/realms/acme</c>; no trailing slash in Keycloak.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>The organisation that every caller of this issuer belongs to. A DNS label.</summary>
    public string Organisation { get; set; } = "";

    /// <summary>Must be in the token's <c>aud</c>. Keycloak adds it by an audience mapper only.</summary>
    public string Audience { get; set; } = "";

    /// <summary>Where the discovery document is fetched; default: the issuer and <c>/.well-known/openid-configuration</c>.</summary>
    public string? MetadataAddress { get; set; }

    /// <summary>Allows discovery and keys over plain HTTP beyond loopback: only where the path is protected otherwise (a mesh with mTLS).</summary>
    public bool AllowHttp { get; set; }

    /// <summary>
    /// Which claims give which relay role. A role without an entry is given by a realm role of the same name or a role of the same name
    /// of the client <see cref="Audience"/>; an entry replaces that.
    /// </summary>
    public IDictionary<string, RoleMapping> Roles { get; init; } = new Dictionary<string, RoleMapping>(StringComparer.Ordinal);

    /// <summary>
    /// Clients whose roles may be named in a connection's audience, beside realm roles; <c>*</c> is every client. Default: the
    /// audience alone, because anyone who administers some other client could otherwise name a role that opens a connection.
    /// </summary>
    public IList<string> AudienceRoleClients { get; init; } = [];

    /// <summary>
    /// Names that a connection's audience may use, by what gives them: so that group paths can be an audience. A name without an entry is given
    /// by a realm role or counted client role of that name; an entry replaces that.
    /// </summary>
    public IDictionary<string, RoleMapping> AudienceRoles { get; init; } = new Dictionary<string, RoleMapping>(StringComparer.Ordinal);

    /// <summary>The claim with the full group paths. Default <c>groups</c>; read only where a mapping names groups.</summary>
    public string GroupsClaim { get; set; } = "groups";

    /// <summary>
    /// The claim that tells persons apart within the organisation, such as <c>employee_number</c>: accounts with the same value are one person,
    /// also over the organisation's issuers. Only for a claim that the account's owner cannot change. Default none: every account is a person.
    /// </summary>
    public string? PersonClaim { get; set; }

    /// <summary>Client ids whose logout tokens are taken at <c>/auth/backchannel-logout</c>, besides the one of <see cref="Browser"/>. Default: the audience alone.</summary>
    public IList<string> LogoutClients { get; init; } = [];

    /// <summary>How accounts with live sessions are asked after; null: not at all, and a disabled person goes on until he leaves.</summary>
    public RecheckOptions? Recheck { get; set; }

    /// <summary>The client that people sign in through with a browser; null: this issuer's people have no pages.</summary>
    public BrowserClientOptions? Browser { get; set; }

    public string EffectiveMetadataAddress =>
        string.IsNullOrEmpty(MetadataAddress) ? $"{Issuer}/.well-known/openid-configuration" : MetadataAddress;
}

/// <summary>Any one of these gives the role.</summary>
internal sealed class RoleMapping
{
    public IList<string> RealmRoles { get; init; } = [];
    public IList<ClientRole> ClientRoles { get; init; } = [];

    /// <summary>
    /// Full group paths, <c>/top/sub</c>, compared exactly; <c>/top/*</c> is everything below <c>/top</c>, at any depth, without <c>/top</c> itself.
    /// Keycloak does not escape slashes in names unless told: whoever may create groups may then create a path.
    /// </summary>
    public IList<string> Groups { get; init; } = [];
}

internal sealed class ClientRole
{
    public string Client { get; set; } = "";
    public string Role { get; set; } = "";
}

/// <summary>An account, and the person it stands for in its organisation.</summary>
internal sealed class AccountPerson
{
    public string Issuer { get; set; } = "";
    public string Subject { get; set; } = "";

    /// <summary>The value that <see cref="IssuerOptions.PersonClaim"/> would have. Kept as a keyed hash alone.</summary>
    public string Person { get; set; } = "";

    public override string ToString() => $"{Issuer}#{Subject}";
}
