using System.Net;
using System.Text.Json;
using OpenOva.Relay.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>What a page wants of a sign-in.</summary>
/// <param name="ReturnTo">A path of this service.</param>
/// <param name="IsStepUp">The person signs in anew, as strongly as the issuer's client is configured for; a session of the issuer's is not enough.</param>
internal sealed record WantedSignIn(string ReturnTo, bool IsStepUp);

/// <summary>
/// The authorization code flow with PKCE (RFC 6749, 7636; OpenID Connect Core 1.0, section 3.1) from the client's side. Tokens go from the issuer to this service
/// alone: the browser sees a code that is worth nothing without the verifier.
/// </summary>
internal sealed class CodeFlow(IdentityOptions options, TokenValidator validator, RefusedTokens refused, HttpClient http, TimeProvider time, ILogger<CodeFlow> log)
{
    private const string Path = "browser sign-in";

    /// <summary>The issuers that people can sign in at.</summary>
    public IEnumerable<IssuerOptions> Issuers => options.Issuers.Where(issuer => issuer.Browser is not null);

    /// <exception cref="RelayException">BACKEND_UNAVAILABLE: the issuer cannot be asked.</exception>
    public async Task<(SignInAttempt Attempt, string Address)> BeginAsync(IssuerOptions issuer, WantedSignIn wanted, string callback, CancellationToken cancellation)
    {
        var endpoints = await EndpointsAsync(issuer, cancellation);
        var attempt = SignInAttempt.Begin(issuer.Issuer, wanted.ReturnTo, time.GetUnixMicroseconds());
        var query = new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = issuer.Browser!.ClientId,
            ["redirect_uri"] = callback,
            ["scope"] = issuer.Browser.Scope,
            ["state"] = attempt.State,
            ["nonce"] = attempt.Nonce,
            ["code_challenge"] = attempt.Challenge,
            ["code_challenge_method"] = "S256",
        };
        if (wanted.IsStepUp)
        {
            query["prompt"] = "login";
            query["max_age"] = "0";
            if (issuer.Browser.StepUpAcrValues.Length > 0) query["acr_values"] = issuer.Browser.StepUpAcrValues;
        }

        return (attempt, Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(endpoints.Authorization, query));
    }

    /// <summary>Turns the issuer's answer into tokens and the person they are of; null where it is no answer to this attempt, which is counted and told to nobody.</summary>
    /// <exception cref="RelayException">BACKEND_UNAVAILABLE: the issuer cannot be asked.</exception>
    public async Task<(IssuerTokens Tokens, Caller Caller)?> RedeemAsync(SignInAttempt attempt, string code, string? answeredBy, string callback, CancellationToken cancellation)
    {
        var issuer = Issuers.FirstOrDefault(found => found.Issuer == attempt.Issuer);
        if (issuer is null) return null;
        var endpoints = await EndpointsAsync(issuer, cancellation);
        if (answeredBy is null ? endpoints.NamesItself : answeredBy != issuer.Issuer) return Refuse(TokenResult.Refused(TokenRefusal.UnknownIssuer, issuer));
        var tokens = await AskAsync(
            issuer, endpoints,
            new() { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = callback, ["code_verifier"] = attempt.Verifier },
            cancellation);
        if (tokens?.IdToken is not { } idToken) return Refuse(TokenResult.Refused(TokenRefusal.Missing, issuer));
        var (subject, refusal) = await validator.ValidateIdTokenAsync(idToken, issuer.Issuer, issuer.Browser!.ClientId, attempt.Nonce, cancellation);
        if (refusal != TokenRefusal.None) return Refuse(TokenResult.Refused(refusal, issuer));
        var result = await validator.ValidateAccessTokenAsync(tokens.AccessToken, cancellation);
        if (result.Caller is not { } caller) return Refuse(result);
        return caller.Issuer == issuer.Issuer && caller.Subject == subject ? (tokens, caller) : Refuse(TokenResult.Refused(TokenRefusal.UnknownIssuer, issuer));
    }

    /// <summary>Fresh tokens of the same sign-in; null where the issuer gives none any more.</summary>
    /// <exception cref="RelayException">BACKEND_UNAVAILABLE: the issuer cannot be asked.</exception>
    public async Task<IssuerTokens?> RefreshAsync(string issuerName, IssuerTokens tokens, CancellationToken cancellation)
    {
        var issuer = Issuers.FirstOrDefault(found => found.Issuer == issuerName);
        if (issuer is null || tokens.RefreshToken is not { } refresh) return null;
        var endpoints = await EndpointsAsync(issuer, cancellation);
        var fresh = await AskAsync(issuer, endpoints, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refresh }, cancellation);
        return fresh is null ? null : fresh with { RefreshToken = fresh.RefreshToken ?? refresh, IdToken = fresh.IdToken ?? tokens.IdToken };
    }

    /// <summary>Where the browser ends the issuer's own session; null where the issuer offers nothing.</summary>
    public async Task<string?> EndSessionAsync(string issuerName, IssuerTokens tokens, string returnTo, CancellationToken cancellation)
    {
        var issuer = Issuers.FirstOrDefault(found => found.Issuer == issuerName);
        var endpoints = issuer is null ? null : await validator.EndpointsAsync(issuer.Issuer, cancellation);
        if (endpoints is not { EndSession.Length: > 0 }) return null;
        var query = new Dictionary<string, string?> { ["client_id"] = issuer!.Browser!.ClientId, ["post_logout_redirect_uri"] = returnTo };
        if (tokens.IdToken is { } idToken) query["id_token_hint"] = idToken;
        return Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(endpoints.EndSession, query);
    }

    private async Task<IssuerEndpoints> EndpointsAsync(IssuerOptions issuer, CancellationToken cancellation) =>
        await validator.EndpointsAsync(issuer.Issuer, cancellation) is { Authorization.Length: > 0, Token.Length: > 0 } endpoints
            ? endpoints
            : throw new RelayException(ErrorReason.BackendUnavailable);

    // Null: the issuer says no (RFC 6749, section 5.2).
    private async Task<IssuerTokens?> AskAsync(IssuerOptions issuer, IssuerEndpoints endpoints, Dictionary<string, string> form, CancellationToken cancellation)
    {
        var client = issuer.Browser!;
        form["client_id"] = client.ClientId;
        try
        {
            if (client.SecretFile.Length > 0) form["client_secret"] = (await File.ReadAllTextAsync(client.SecretFile, cancellation)).Trim();
            using var content = new FormUrlEncodedContent(form);
            using var response = await http.PostAsync(endpoints.Token, content, cancellation);
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) return null;
            response.EnsureSuccessStatusCode();
            return IssuerTokens.Read(await response.Content.ReadAsByteArrayAsync(cancellation));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException or UnauthorizedAccessException
            || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            IdentityLog.TokenEndpointFailed(log, issuer.Issuer, exception.GetType().Name);
            throw new RelayException(ErrorReason.BackendUnavailable);
        }
    }

    private (IssuerTokens, Caller)? Refuse(TokenResult result)
    {
        refused.Record(result, Path);
        return null;
    }
}
