using OpenOva.Relay.Identity.Development;

namespace OpenOva.Relay.Identity;

/// <summary>Configuration <c>Relay:Identity</c>.</summary>
internal sealed class IdentityOptions
{
    public const string Section = "Relay:Identity";

    /// <summary>The realms whose tokens are taken. Several may name one organisation; an issuer appears once.</summary>
    public IList<IssuerOptions> Issuers { get; init; } = [];

    /// <summary>How far the issuer's clock and ours may differ. 0 to 2 minutes.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest token accepted, in characters. 1 to 64 KiB.</summary>
    public int MaximumTokenLength { get; set; } = 16 * 1024;

    /// <summary>An unknown key id refreshes the issuer's keys at most once in this time. At least 1 second.</summary>
    public TimeSpan KeyRefreshCooldown { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Keys older than this are refreshed beside their use, so that a disabled key stops being accepted.</summary>
    public TimeSpan KeyRefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Keys older than this are no longer used: an issuer that has been unreachable so long fails closed.</summary>
    public TimeSpan KeyMaximumAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Refusals of one reason and organisation that are ledgered one by one in a minute; the rest are counted.</summary>
    public int RefusalsPerMinute { get; set; } = 10;

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

    public string EffectiveMetadataAddress =>
        string.IsNullOrEmpty(MetadataAddress) ? $"{Issuer}/.well-known/openid-configuration" : MetadataAddress;
}

/// <summary>Any one of these gives the role.</summary>
internal sealed class RoleMapping
{
    public IList<string> RealmRoles { get; init; } = [];
    public IList<ClientRole> ClientRoles { get; init; } = [];

    /// <summary>Full group paths, <c>/top/sub</c>, compared exactly.</summary>
    public IList<string> Groups { get; init; } = [];
}

internal sealed class ClientRole
{
    public string Client { get; set; } = "";
    public string Role { get; set; } = "";
}
