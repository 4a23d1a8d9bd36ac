using System.Net;
using System.Text.Json;

namespace OpenOva.Relay.GatewayClient;

/// <summary>
/// Tokens from an OpenID Connect issuer in Keycloak's shape. A gateway in production has the person's token from the browser's sign-in
/// (authorization code with PKCE); the password grant stands in for that here, and is for trials only. Its own token it gets just so.
/// </summary>
internal sealed class SignIn(HttpClient http, string issuer, string clientId, string clientSecret, TimeProvider time)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, (string Token, DateTimeOffset RenewAt)> _tokens = [];

    /// <summary>The person's token, renewed when it is about to expire.</summary>
    public Task<string> PersonAsync(string user, string password, CancellationToken cancellation) =>
        TokenAsync($"person {user}", new() { ["grant_type"] = "password", ["username"] = user, ["password"] = password, ["scope"] = "openid" }, cancellation);

    /// <summary>The gateway's own token.</summary>
    public Task<string> GatewayAsync(CancellationToken cancellation) =>
        TokenAsync("gateway", new() { ["grant_type"] = "client_credentials" }, cancellation);

    private async Task<string> TokenAsync(string whose, Dictionary<string, string> form, CancellationToken cancellation)
    {
        if (_tokens.TryGetValue(whose, out var held) && time.GetUtcNow() < held.RenewAt) return held.Token;
        form["client_id"] = clientId;
        form["client_secret"] = clientSecret;
        using var content = new FormUrlEncodedContent(form);
        using var response = await http.PostAsync(new Uri($"{issuer}/protocol/openid-connect/token"), content, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            var code = response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? "Unauthenticated" : "Unavailable";
            throw new CallFailedException(CallFailure.Of(code, $"The issuer gave no token for the {whose}: HTTP {(int)response.StatusCode}"));
        }

        using var answer = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancellation));
        var token = answer.RootElement.GetProperty("access_token").GetString()!;
        var lifetime = TimeSpan.FromSeconds(answer.RootElement.GetProperty("expires_in").GetInt64());
        _tokens[whose] = (token, time.GetUtcNow() + lifetime - Margin);
        return token;
    }
}
