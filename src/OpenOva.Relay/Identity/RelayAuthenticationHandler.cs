using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Identity;

/// <summary>
/// The scheme <c>relay</c>: <c>Authorization: Bearer</c> for the person, <c>relay-gateway-authorization: Bearer</c> for a gateway's
/// backend; where neither is there and the call says so (<see cref="BrowserCallAttribute"/>), a browser's sign-in. A token that is there and does not pass fails the call even where another one would do. What was wrong with it goes to
/// <see cref="RefusedTokens"/>; the answer is the same for all.
/// </summary>
internal sealed class RelayAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    TokenValidator validator,
    RefusedTokens refused,
    SignIns signIns) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "relay";
    public const string GatewayHeader = "relay-gateway-authorization";
    private const string Prefix = "Bearer ";

    private ErrorReason _refusal = ErrorReason.TokenRefused;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var hasPerson = Request.Headers.TryGetValue("Authorization", out var personHeader);
        var hasGateway = Request.Headers.TryGetValue(GatewayHeader, out var gatewayHeader);
        if (!hasPerson && !hasGateway)
            return await AuthenticateBrowserAsync();

        Caller? person = null;
        if (hasPerson && (person = await ValidateAsync(personHeader)) is null)
            return AuthenticateResult.Fail("The token was refused.");
        Caller? gateway = null;
        if (hasGateway && (gateway = await ValidateGatewayAsync(gatewayHeader, person)) is null)
        {
            _refusal = ErrorReason.GatewayTokenRefused;
            return AuthenticateResult.Fail("The gateway's token was refused.");
        }

        if (gateway is not null)
            signIns.Note(gateway);
        return Accept(new CallerFeature(person, gateway));
    }

    // A page that was asked for by its address is come back to after the sign-in; what was sent in a form is not sent again.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (BrowserCall.Declared(Context) is not { IsPage: true } || !HttpMethods.IsGet(Request.Method)) return ErrorAnswer.WriteAsync(Context, _refusal);
        Response.Redirect(BrowserRoutes.SignInAddress($"{Request.Path}{Request.QueryString}"));
        return Task.CompletedTask;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ErrorAnswer.WriteAsync(Context, ErrorReason.NotPermitted);

    private async Task<AuthenticateResult> AuthenticateBrowserAsync()
    {
        if (BrowserCall.Declared(Context) is null || BrowserCall.SecretOf(Context) is not { } secret) return AuthenticateResult.NoResult();
        var browsers = Context.RequestServices.GetRequiredService<BrowserSessions>();
        if (await browsers.FindAsync(secret, Context.RequestAborted) is not { } person) return AuthenticateResult.NoResult();
        Context.Features.Set(new BrowserFeature(secret));
        return Accept(new CallerFeature(person, null));
    }

    private AuthenticateResult Accept(CallerFeature callers)
    {
        if (callers.Person is { } person)
            signIns.Note(person);
        Context.Features.Set(callers);
        return AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(callers.Caller), SchemeName));
    }

    private async Task<Caller?> ValidateAsync(Microsoft.Extensions.Primitives.StringValues header)
    {
        var result = header is [{ } value] && value.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            ? await validator.ValidateAccessTokenAsync(value[Prefix.Length..], Context.RequestAborted)
            : TokenResult.Refused(TokenRefusal.Missing);
        if (result.Caller is null)
            Refuse(result);
        return result.Caller;
    }

    private async Task<Caller?> ValidateGatewayAsync(Microsoft.Extensions.Primitives.StringValues header, Caller? person)
    {
        if (await ValidateAsync(header) is not { } gateway)
            return null;
        var refusal = !gateway.Has(CallerRoles.Gateway) ? TokenRefusal.NotAGateway
            : person is not null && person.Organisation != gateway.Organisation ? TokenRefusal.GatewayOrganisation
            : TokenRefusal.None;
        if (refusal == TokenRefusal.None)
            return gateway;
        Refuse(TokenResult.Refused(refusal, gateway));
        return null;
    }

    private void Refuse(TokenResult result) => refused.Record(result, Context.GetEndpoint()?.DisplayName ?? "none");

    private static ClaimsPrincipal PrincipalOf(Caller caller)
    {
        var identity = new ClaimsIdentity(SchemeName, "sub", ClaimTypes.Role);
        identity.AddClaim(new Claim("iss", caller.Issuer));
        identity.AddClaim(new Claim("sub", caller.Subject));
        identity.AddClaim(new Claim("organisation", caller.Organisation));
        identity.AddClaims(CallerRoleNames.Of(caller.Roles).Select(role => new Claim(ClaimTypes.Role, role)));
        return new ClaimsPrincipal(identity);
    }
}
