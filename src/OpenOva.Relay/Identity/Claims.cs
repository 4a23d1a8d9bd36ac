using System.Globalization;
using System.Text.Json;

namespace OpenOva.Relay.Identity;

/// <summary>A claim has a type that its specification rules out.</summary>
internal sealed class OddClaimException(string claim) : Exception($"The claim {claim} has an odd type.");

/// <summary>Reads claims by their specified types. An absent claim is null or empty; one of another type throws <see cref="OddClaimException"/>.</summary>
internal static class Claims
{
    private const long LastUnixSecond = 253_402_300_799;
    private const int MaximumIdentifierLength = 255;

    public static string? Text(JsonElement payload, string name)
    {
        if (!payload.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? TextOf(value, name) : throw new OddClaimException(name);
    }

    /// <summary>RFC 7519 NumericDate. A fraction is allowed there and cut off here.</summary>
    public static DateTimeOffset? Time(JsonElement payload, string name)
    {
        if (!payload.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var seconds) || seconds is < 0 or > LastUnixSecond)
            throw new OddClaimException(name);
        return DateTimeOffset.FromUnixTimeSeconds((long)decimal.Truncate(seconds));
    }

    /// <summary>An identifier as text, whole number or an array of exactly one of them, as user attributes come; blank text is none.</summary>
    public static string? Identifier(JsonElement payload, string name)
    {
        if (!payload.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Array)
        {
            if (value.GetArrayLength() == 0)
                return null;
            value = value.GetArrayLength() == 1 ? value[0] : throw new OddClaimException(name);
        }
        var text = value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => TextOf(value, name).Trim(),
            JsonValueKind.Number when value.TryGetInt64(out var number) => number.ToString(CultureInfo.InvariantCulture),
            _ => throw new OddClaimException(name),
        };
        return string.IsNullOrEmpty(text) ? null : text.Length <= MaximumIdentifierLength ? text : throw new OddClaimException(name);
    }

    /// <summary>One string, or an array of strings, as <c>aud</c> may be.</summary>
    public static IReadOnlyList<string> OneOrMany(JsonElement payload, string name)
    {
        if (!payload.TryGetProperty(name, out var value))
            return [];
        return value.ValueKind == JsonValueKind.String ? [TextOf(value, name)] : ArrayOf(value, name);
    }

    public static IReadOnlyList<string> Many(JsonElement payload, string name) =>
        payload.TryGetProperty(name, out var value) ? ArrayOf(value, name) : [];

    /// <summary><c>realm_access: {"roles": […]}</c>.</summary>
    public static IReadOnlyList<string> RealmRoles(JsonElement payload) =>
        payload.TryGetProperty("realm_access", out var access) ? RolesIn(access, "realm_access") : [];

    /// <summary><c>resource_access: {"client": {"roles": […]}}</c>; a client id with dots is one key, not a path.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ClientRoles(JsonElement payload)
    {
        var roles = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (!payload.TryGetProperty("resource_access", out var access))
            return roles;
        if (access.ValueKind != JsonValueKind.Object)
            throw new OddClaimException("resource_access");
        foreach (var client in access.EnumerateObject())
            roles[client.Name] = RolesIn(client.Value, "resource_access");
        return roles;
    }

    private static IReadOnlyList<string> RolesIn(JsonElement access, string name) =>
        access.ValueKind == JsonValueKind.Object ? Many(access, "roles") : throw new OddClaimException(name);

    private static List<string> ArrayOf(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw new OddClaimException(name);
        var items = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
            items.Add(item.ValueKind == JsonValueKind.String ? TextOf(item, name) : throw new OddClaimException(name));
        return items;
    }

    private static string TextOf(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate or invalid UTF-8 behind an escape.
            throw new OddClaimException(name);
        }
    }
}
