using System.Collections.Frozen;

namespace OpenOva.Relay.Identity;

/// <summary>
/// Who calls, as one validated access token says it. A person is identified by (<see cref="Issuer"/>, <see cref="Subject"/>) alone;
/// <see cref="Profile"/> is mutable text for the erasable place and never enters evidence in clear.
/// </summary>
internal sealed record Caller
{
    public required string Organisation { get; init; }
    public required string Issuer { get; init; }
    public required string Subject { get; init; }
    public required CallerRoles Roles { get; init; }

    /// <summary>Role names in the token that a connection's audience may name: realm roles, and roles of the clients that the issuer's configuration counts.</summary>
    public required FrozenSet<string> TokenRoles { get; init; }

    /// <summary>The client the token was issued to (<c>azp</c>, else <c>client_id</c>).</summary>
    public string? ClientId { get; init; }

    /// <summary>The identity provider's session (<c>sid</c>): opaque text, not a UUID since Keycloak 26.5.</summary>
    public string? SessionId { get; init; }

    /// <summary>Level of authentication. Keycloak's <c>0</c> means "by cookie only" and must never be treated as enough.</summary>
    public string? Acr { get; init; }
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>When the token was issued, by the issuer's clock.</summary>
    public DateTimeOffset IssuedAt { get; init; }
    public IReadOnlyList<string> Amr { get; init; } = [];

    /// <summary>When the token expires, without the clock skew that validation grants.</summary>
    public required DateTimeOffset Expires { get; init; }

    public CallerProfile Profile { get; init; } = CallerProfile.Empty;

    public bool Has(CallerRoles anyOf) => (Roles & anyOf) != 0;

    /// <summary>The person, without the profile: what may stand in a log.</summary>
    public override string ToString() => $"{Issuer}#{Subject}";
}

/// <summary>Personal fields of a token. They are kept in one erasable place only.</summary>
internal sealed record CallerProfile(string? DisplayName, string? UserName, string? Email)
{
    public static readonly CallerProfile Empty = new(null, null, null);

    /// <summary>What the issuer's <see cref="IssuerOptions.PersonClaim"/> says: the same for all accounts of one person. Kept as a keyed hash alone.</summary>
    public string? PersonKey { get; init; }

    public override string ToString() => nameof(CallerProfile);
}
