namespace OpenOva.Relay.Identity;

/// <summary>Whether a call takes, or needs, the relay gateway's own token beside or instead of the person's.</summary>
internal enum GatewayToken
{
    /// <summary>The call may come through a gateway or from the person directly.</summary>
    Accepted,
    /// <summary>Only a gateway's backend may make the call.</summary>
    Required,
}

/// <summary>
/// States who may make a call. Every RPC and route carries exactly one of this and <see cref="AllowAnonymousCallAttribute"/>; a call
/// without either is refused to everyone.
/// </summary>
/// <param name="roles">Any one of these admits, for every object of the caller's organisation.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class AllowAttribute(CallerRoles roles) : Attribute
{
    public CallerRoles Roles { get; } = roles;

    /// <summary>Any one of these admits too, but only to objects that are the caller's own or that his roles reach: the call itself must check that.</summary>
    public CallerRoles Own { get; init; }

    public GatewayToken Gateway { get; init; }

    /// <summary>Whoever has a valid token may ask, because the call decides by itself and ledgers the answer, whatever it is.</summary>
    public bool Decides { get; init; }

    public bool Admits(CallerFeature callers) =>
        (Decides || callers.Caller.Has(Roles | Own)) && (Gateway != GatewayToken.Required || callers.Gateway is not null);
}

/// <summary>States that a call needs no token, and why: it carries its own proof (a ticket, a signature), or shows nothing.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class AllowAnonymousCallAttribute(string because) : Attribute
{
    public string Because { get; } = because;
}

/// <summary>Who calls, as <see cref="RelayAuthenticationHandler"/> found it.</summary>
/// <param name="Person">From <c>authorization</c>; null where a gateway calls with its own token alone.</param>
/// <param name="Gateway">From <c>relay-gateway-authorization</c>, with the role <c>relay-gateway</c>.</param>
internal sealed record CallerFeature(Caller? Person, Caller? Gateway)
{
    /// <summary>The person where there is one, else the gateway. A gateway's roles never add to a person's.</summary>
    public Caller Caller => Person ?? Gateway!;
}
