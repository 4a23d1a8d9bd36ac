using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace OpenOva.Relay.Identity;

/// <summary>
/// A token's header and payload, read strictly before any library sees it: <c>base64url(JSON).base64url(JSON).base64url(bytes)</c>,
/// without padding or white space, no member twice at any level. Nothing in it is trusted yet.
/// </summary>
internal sealed record TokenText(JsonElement Header, JsonElement Payload)
{
    private const int MaximumDepth = 8;
    private static readonly SearchValues<char> Base64UrlAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaximumDepth };
    private static readonly JsonDocumentOptions Lenient = new() { AllowDuplicateProperties = true, MaxDepth = MaximumDepth };

    public static TokenRefusal TryRead(string token, int maximumLength, out TokenText? text)
    {
        text = null;
        if (token.Length == 0)
            return TokenRefusal.Missing;
        if (token.Length > maximumLength)
            return TokenRefusal.TooLarge;
        var parts = token.Split('.');
        // An unsigned token (alg none) has an empty third part: it is told by its algorithm, so that the metric names the attack.
        if (parts.Length != 3 || parts[0].Length == 0 || parts[1].Length == 0)
            return TokenRefusal.Malformed;
        if (parts.Any(part => part.AsSpan().ContainsAnyExcept(Base64UrlAlphabet)))
            return TokenRefusal.Malformed;

        var refusal = TryParse(parts[0], out var header);
        if (refusal != TokenRefusal.None)
            return refusal;
        refusal = TryParse(parts[1], out var payload);
        if (refusal != TokenRefusal.None)
            return refusal;
        text = new TokenText(header, payload);
        return TokenRefusal.None;
    }

    private static TokenRefusal TryParse(string part, out JsonElement json)
    {
        json = default;
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(part);
        }
        catch (FormatException)
        {
            return TokenRefusal.Malformed;
        }
        try
        {
            json = JsonElement.Parse(bytes, Strict);
        }
        catch (JsonException)
        {
            return IsJson(bytes) ? TokenRefusal.DuplicateClaim : TokenRefusal.Malformed;
        }
        return json.ValueKind == JsonValueKind.Object ? TokenRefusal.None : TokenRefusal.Malformed;
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            _ = JsonElement.Parse(bytes, Lenient);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
