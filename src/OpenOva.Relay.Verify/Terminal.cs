namespace OpenOva.Relay.Verify;

/// <summary>Where the result and the messages go, and whether somebody looks at them.</summary>
/// <param name="Output">The result.</param>
/// <param name="Error">Messages and progress.</param>
/// <param name="Colours">Whether the result may be coloured: it stands on a terminal and NO_COLOR is not set (no-color.org).</param>
/// <param name="Progress">Whether progress may be shown: messages stand on a terminal.</param>
internal sealed record Terminal(TextWriter Output, TextWriter Error, bool Colours, bool Progress)
{
    public static Terminal OfProcess() => new(Console.Out, Console.Error,
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")), !Console.IsErrorRedirected);

    /// <summary>Text from a bundle for a terminal: nothing in it may move the cursor or turn the line around.</summary>
    public static string Plain(string text) =>
        string.Concat(text.EnumerateRunes().Select(r => r.Value is >= ' ' and < 0x7F ? r.ToString() : $"\\u{{{r.Value:x}}}"));

    public string Coloured(string text, string colour) => Colours ? $"\u001b[{colour}m{text}\u001b[0m" : text;
}
