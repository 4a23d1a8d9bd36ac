namespace OpenOva.Relay.Identity.Recheck;

/// <summary>What becomes of live sessions when the issuer has not answered for <see cref="RecheckOptions.Grace"/>.</summary>
internal enum UnansweredRecheck
{
    /// <summary>They end: nobody can say any more that the person may.</summary>
    EndSession,

    /// <summary>They go on until the issuer answers again: work matters more than knowing of a leaver in time. Noted in log, metric and readiness alone.</summary>
    GoOn,
}

/// <summary>
/// Configuration <c>Relay:Identity:Issuers:n:Recheck</c>: how accounts with live sessions are asked after at Keycloak's Admin REST API, with a client
/// of our own whose service account has the roles view-users and view-clients of realm-management.
/// </summary>
internal sealed class RecheckOptions
{
    private const string RealmsPath = "/realms/";

    /// <summary>How often each account with a live session is asked after. Default 60 s; 5 s to 15 min.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The client.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>File with the client's secret; read for every new token, so that a changed secret needs no restart.</summary>
    public string SecretFile { get; set; } = "";

    /// <summary>Where the realm is administered, e.g. <c>https://sso.example/admin/realms/acme</c>. Default: the metadata's address with <c>/admin</c> before <c>/realms/</c>.</summary>
    public string? AdminBase { get; set; }

    /// <summary>How long sessions go on after the first question that was not answered. Default 5 min; 0 to 24 h.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What follows then. Default: the session ends.</summary>
    public UnansweredRecheck WhenUnanswered { get; set; } = UnansweredRecheck.EndSession;

    /// <summary>Null where none is set and none can be derived.</summary>
    public Uri? AdminBaseOf(IssuerOptions issuer)
    {
        if (!string.IsNullOrEmpty(AdminBase))
            return Absolute(AdminBase);
        var realm = RealmBaseOf(issuer);
        var at = realm.LastIndexOf(RealmsPath, StringComparison.Ordinal);
        return at < 0 ? null : Absolute($"{realm[..at]}/admin{realm[at..]}");
    }

    /// <summary>Where the client gets its token.</summary>
    public static Uri? TokenEndpointOf(IssuerOptions issuer) => Absolute($"{RealmBaseOf(issuer)}/protocol/openid-connect/token");

    // Beside the metadata rather than the issuer: that is the address that this process can reach.
    private static string RealmBaseOf(IssuerOptions issuer)
    {
        const string wellKnown = "/.well-known/openid-configuration";
        var metadata = issuer.EffectiveMetadataAddress;
        return metadata.EndsWith(wellKnown, StringComparison.Ordinal) ? metadata[..^wellKnown.Length] : issuer.Issuer;
    }

    private static Uri? Absolute(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp) ? address : null;
}
