using Microsoft.AspNetCore.Authorization;

namespace OpenOva.Relay.Identity;

/// <summary>The one requirement of every endpoint, and of no endpoint at all: the call's own declaration decides.</summary>
internal sealed class DeclaredCallRequirement : IAuthorizationRequirement;

/// <summary>Enforces <see cref="AllowAttribute"/> and <see cref="AllowAnonymousCallAttribute"/>. What is not declared is refused.</summary>
internal sealed class CallAuthorization : AuthorizationHandler<DeclaredCallRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, DeclaredCallRequirement requirement)
    {
        if (context.Resource is HttpContext http && IsAdmitted(http))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }

    private static bool IsAdmitted(HttpContext http)
    {
        var metadata = http.GetEndpoint()?.Metadata;
        if (metadata is null)
            return false;
        var allow = metadata.GetMetadata<AllowAttribute>();
        if (metadata.GetMetadata<AllowAnonymousCallAttribute>() is not null)
            return allow is null;
        return allow is not null && http.Features.Get<CallerFeature>() is { } callers && allow.Admits(callers);
    }
}
