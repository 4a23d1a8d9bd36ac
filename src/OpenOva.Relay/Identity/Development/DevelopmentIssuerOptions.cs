namespace OpenOva.Relay.Identity.Development;

/// <summary>Configuration <c>Relay:Identity:Development</c>: demo people and clients of an issuer that lives in this process.</summary>
internal sealed class DevelopmentIssuerOptions
{
    /// <summary>Where this process is reached on loopback, e.g. <c>http://127.0.0.1:8080</c>; issuers are <c>{BaseAddress}/realms/{realm}</c>.</summary>
    public string BaseAddress { get; set; } = "";

    /// <summary>How long an access token lives. Keycloak's default is 5 minutes.</summary>
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(5);

    public IList<DevelopmentRealm> Realms { get; init; } = [];

    public string IssuerOf(DevelopmentRealm realm) => $"{BaseAddress.TrimEnd('/')}/realms/{realm.Name}";
}

internal sealed class DevelopmentRealm
{
    public string Name { get; set; } = "";
    public IList<DevelopmentUser> Users { get; init; } = [];
    public IList<DevelopmentClient> Clients { get; init; } = [];
}

internal sealed class DevelopmentUser
{
    public string UserName { get; set; } = "";
    public string Password { get; set; } = "";

    /// <summary>The token's <c>sub</c>; default: derived from realm and user name, so that it survives a restart.</summary>
    public string? Subject { get; set; }
    public string? Name { get; set; }
    public string? Email { get; set; }
    public IList<string> RealmRoles { get; init; } = [];
    public IList<ClientRole> ClientRoles { get; init; } = [];
    public IList<string> Groups { get; init; } = [];

    /// <summary>The level of authentication the token states.</summary>
    public string Acr { get; set; } = "1";

    public override string ToString() => UserName;
}

internal sealed class DevelopmentClient
{
    public string ClientId { get; set; } = "";

    /// <summary>Empty: a public client, which may use the password grant and the code flow only.</summary>
    public string Secret { get; set; } = "";

    /// <summary>What an audience mapper would put into <c>aud</c>.</summary>
    public IList<string> Audiences { get; init; } = [];

    /// <summary>Where the code flow may lead, compared exactly. Default: <c>/auth/callback</c> of this process.</summary>
    public IList<string> RedirectUris { get; init; } = [];

    /// <summary>Realm roles of the client's service account.</summary>
    public IList<string> ServiceAccountRoles { get; init; } = [];

    public override string ToString() => ClientId;
}
