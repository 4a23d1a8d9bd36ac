using System.Globalization;

namespace OpenOva.Relay.Guacamole;

/// <summary>
/// A protocol version, as in <c>VERSION_1_5_0</c>. It says what the peer speaks, not its release: guacd 1.5.x and 1.6.0 both say 1.5.0.
/// </summary>
public readonly record struct GuacamoleVersion(int Major, int Minor, int Patch) : IComparable<GuacamoleVersion>
{
    private const string Prefix = "VERSION_";

    /// <summary>The baseline, assumed of a peer that names none: handshake in fixed order.</summary>
    public static GuacamoleVersion V100 { get; } = new(1, 0, 0);

    /// <summary>Adds version negotiation, any order in the handshake, <c>timezone</c>.</summary>
    public static GuacamoleVersion V110 { get; } = new(1, 1, 0);

    /// <summary>Adds <c>required</c>.</summary>
    public static GuacamoleVersion V130 { get; } = new(1, 3, 0);

    /// <summary>Adds <c>msg</c> and <c>name</c>. The newest that this library speaks.</summary>
    public static GuacamoleVersion V150 { get; } = new(1, 5, 0);

    /// <summary>Whether the first element of <c>args</c> is a version rather than the name of a parameter. Empty is: an older peer's.</summary>
    public static bool IsToken(string element) => element.Length == 0 || element.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads a token; one that makes no sense is the baseline, as guacd has it.</summary>
    public static GuacamoleVersion ParseOrBaseline(string token)
    {
        if (!token.StartsWith(Prefix, StringComparison.Ordinal))
            return V100;
        var parts = token[Prefix.Length..].Split('_');
        return parts.Length == 3 && TryPart(parts[0], out var major) && TryPart(parts[1], out var minor) && TryPart(parts[2], out var patch)
            ? new GuacamoleVersion(major, minor, patch)
            : V100;
    }

    /// <summary>The older of the two, which is what both speak.</summary>
    public static GuacamoleVersion LowestCommon(GuacamoleVersion a, GuacamoleVersion b) => a < b ? a : b;

    /// <inheritdoc/>
    public int CompareTo(GuacamoleVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>Older than.</summary>
    public static bool operator <(GuacamoleVersion left, GuacamoleVersion right) => left.CompareTo(right) < 0;

    /// <summary>Newer than.</summary>
    public static bool operator >(GuacamoleVersion left, GuacamoleVersion right) => left.CompareTo(right) > 0;

    /// <summary>Older than or the same.</summary>
    public static bool operator <=(GuacamoleVersion left, GuacamoleVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Newer than or the same.</summary>
    public static bool operator >=(GuacamoleVersion left, GuacamoleVersion right) => left.CompareTo(right) >= 0;

    /// <summary>The token: <c>VERSION_1_5_0</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Major}_{Minor}_{Patch}");

    private static bool TryPart(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
