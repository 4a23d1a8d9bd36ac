using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>What an issuer's token endpoint gave for one sign-in. Never logged, and kept sealed alone.</summary>
/// <param name="AccessToken">Validated like one that a gateway sends.</param>
/// <param name="RefreshToken">Null where the issuer gives none: the sign-in then lasts as long as the access token.</param>
/// <param name="IdToken">Tells the issuer at sign-out whose sign-in it is.</param>
internal sealed record IssuerTokens(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("refresh_token")] string? RefreshToken,
    [property: JsonPropertyName("id_token")] string? IdToken)
{
    /// <exception cref="JsonException">It is no token response.</exception>
    public static IssuerTokens Read(ReadOnlySpan<byte> json)
    {
        var tokens = JsonSerializer.Deserialize<IssuerTokens>(json);
        return string.IsNullOrEmpty(tokens?.AccessToken) ? throw new JsonException("The token response has no access token.") : tokens;
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this);

    public override string ToString() => nameof(IssuerTokens);
}
