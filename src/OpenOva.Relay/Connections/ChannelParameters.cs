using System.Collections.Frozen;

namespace OpenOva.Relay.Connections;

/// <summary>
/// guacd's own parameters that say what a connection's channels say: one of the two places that keep them, the other being the path of each session. guacd's booleans are
/// the literal <c>true</c>, and anything else is false.
/// </summary>
internal static class ChannelParameters
{
    private const Channels Files = Channels.FileUpload | Channels.FileDownload;

    private static readonly FrozenDictionary<string, Rule[]> Rules = new Dictionary<string, Rule[]>
    {
        ["ssh"] = [.. Clipboard(), new("enable-sftp", Files, Opens: true), .. Sftp()],
        ["telnet"] = [.. Clipboard()],
        ["kubernetes"] = [.. Clipboard()],
        // Where SFTP and sound need a place of their own, that place opens them, and the channels only let it.
        ["vnc"] = [.. Clipboard(), new("enable-sftp", Files, Opens: true, Asked: true), .. Sftp(), new("enable-audio", Channels.AudioOut, Opens: true, Asked: true)],
        ["rdp"] =
        [
            .. Clipboard(), new("enable-sftp", Files, Opens: true, Asked: true), .. Sftp(),
            new("disable-download", Channels.FileDownload), new("disable-upload", Channels.FileUpload), new("enable-printing", Channels.Printing, Opens: true),
            new("disable-audio", Channels.AudioOut), new("enable-audio-input", Channels.AudioIn, Opens: true),
        ],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What guacd is told where it has such a parameter; those that are not true are not sent, like any parameter that is not set.</summary>
    /// <param name="protocol">guacd's name of it.</param>
    /// <param name="channels">What is open.</param>
    /// <param name="parameters">What the connection sets itself, which does not contradict them.</param>
    public static IReadOnlyList<string> True(string protocol, Channels channels, IReadOnlyDictionary<string, string> parameters) =>
        [.. Rules[protocol].Where(rule => rule.IsTrue(channels) && (!rule.Asked || IsTrue(parameters, rule.Parameter))).Select(rule => rule.Parameter)];

    /// <summary>Whether the channels decide it.</summary>
    public static bool Decide(string protocol, string parameter) => Rules[protocol].Any(rule => rule.Parameter == parameter);

    /// <summary>A parameter of the connection's that says something else than its channels; null where none does.</summary>
    public static string? Contradicting(string protocol, Channels channels, IReadOnlyDictionary<string, string> parameters) =>
        Rules[protocol].FirstOrDefault(rule => parameters.ContainsKey(rule.Parameter) && !rule.Agrees(channels, IsTrue(parameters, rule.Parameter)))?.Parameter;

    private static bool IsTrue(IReadOnlyDictionary<string, string> parameters, string name) => parameters.TryGetValue(name, out var value) && value == "true";

    private static Rule[] Clipboard() => [new("disable-copy", Channels.ClipboardOut), new("disable-paste", Channels.ClipboardIn)];

    private static Rule[] Sftp() => [new("sftp-disable-download", Channels.FileDownload), new("sftp-disable-upload", Channels.FileUpload)];

    /// <param name="Channel">Open where one of these is.</param>
    /// <param name="Opens">True opens it; else true closes it.</param>
    /// <param name="Asked">Set only where the connection sets it.</param>
    private sealed record Rule(string Parameter, Channels Channel, bool Opens = false, bool Asked = false)
    {
        public bool IsTrue(Channels channels) => channels.HasAny(Channel) == Opens;

        public bool Agrees(Channels channels, bool isTrue) => isTrue == IsTrue(channels) || (Asked && !isTrue);
    }
}
