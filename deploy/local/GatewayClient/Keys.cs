using System.Text;

namespace OpenOva.Relay.GatewayClient;

/// <summary>X11 keysyms, which the Guacamole protocol names keys by.</summary>
internal static class Keys
{
    public const int Enter = 0xFF0D;
    private const int Tab = 0xFF09;

    /// <summary>The keysyms that type a text with the escapes \n, \t and \\.</summary>
    public static IReadOnlyList<int> Parse(string text)
    {
        var plain = text.Replace(@"\\", "\0", StringComparison.Ordinal).Replace(@"\n", "\n", StringComparison.Ordinal)
            .Replace(@"\t", "\t", StringComparison.Ordinal).Replace('\0', '\\');
        return [.. plain.EnumerateRunes().Select(Keysym)];
    }

    // X11 protocol, appendix A: Latin-1 characters are their own keysyms, others are 0x01000000 and the code point.
    private static int Keysym(Rune rune) => rune.Value switch
    {
        '\n' => Enter,
        '\t' => Tab,
        <= 0xFF => rune.Value,
        _ => 0x0100_0000 | rune.Value,
    };
}
