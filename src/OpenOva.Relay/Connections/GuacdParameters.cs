using System.Collections.Frozen;

namespace OpenOva.Relay.Connections;

/// <summary>
/// guacd's parameters by protocol: guacamole-server 1.3.0 to 1.6.0 and its main branch (<c>src/protocols/*/settings.c</c>), without those
/// that a declaration must not set. The list is closed: guacd ignores a misspelt <c>host-key</c> silently, and a parameter nobody has
/// looked at may let it write files.
/// </summary>
internal static class GuacdParameters
{
    private const string Common = "read-only disable-copy disable-paste wol-send-packet wol-mac-addr wol-broadcast-addr wol-udp-port wol-wait-time clipboard-buffer-size";
    private const string Terminal = "font-name font-size color-scheme backspace scrollback terminal-type func-keys-and-keypad";
    private const string Sftp = """
        enable-sftp sftp-hostname sftp-host-key sftp-port sftp-timeout sftp-username sftp-password sftp-private-key sftp-passphrase
        sftp-public-key sftp-directory sftp-root-directory sftp-server-alive-interval sftp-disable-download sftp-disable-upload
        """;

    private static readonly FrozenDictionary<string, Protocol> Protocols = new Dictionary<string, Protocol>
    {
        ["ssh"] = new(22, Names(Common, Terminal, """
            host-key timeout username password enable-sftp sftp-root-directory sftp-disable-download sftp-disable-upload private-key passphrase
            public-key command server-alive-interval locale timezone
            """)),
        ["telnet"] = new(23, Names(Common, Terminal, "timeout username username-regex password password-regex login-success-regex login-failure-regex")),
        ["vnc"] = new(5900, Names(Common, Sftp, """
            disable-display-resize encodings username password swap-red-blue color-depth cursor autoretry clipboard-encoding dest-host dest-port
            enable-audio audio-servername disable-server-input force-lossless compress-level quality-level
            """)),
        ["rdp"] = new(3389, Names(Common, Sftp, """
            timeout domain username password width height dpi initial-program color-depth disable-audio enable-printing printer-name
            disable-download disable-upload console console-audio server-layout security ignore-cert cert-tofu cert-fingerprints disable-auth
            remote-app remote-app-dir remote-app-args static-channels client-name enable-wallpaper enable-theming enable-font-smoothing
            enable-full-window-drag enable-desktop-composition enable-menu-animations disable-bitmap-caching disable-offscreen-caching
            disable-glyph-caching disable-gfx preconnection-id preconnection-blob timezone resize-method enable-audio-input enable-touch
            gateway-hostname gateway-port gateway-domain gateway-username gateway-password load-balance-info force-lossless normalize-clipboard
            """)),
        ["kubernetes"] = new(8080, Names(Common, Terminal, "namespace pod container exec-command use-ssl client-cert client-key ca-cert ignore-cert")),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> SecretNames =
        new[] { "password", "private-key", "passphrase", "client-key" }.ToFrozenSet(StringComparer.Ordinal);

    public static IEnumerable<string> ProtocolNames => Protocols.Keys.Order(StringComparer.Ordinal);

    public static bool IsProtocol(string name) => Protocols.ContainsKey(name);

    public static int DefaultPort(string protocol) => Protocols[protocol].DefaultPort;

    public static bool IsKnown(string protocol, string parameter) => Protocols[protocol].Parameters.Contains(parameter);

    /// <summary>Parameters that must come by <c>secretRef</c>.</summary>
    public static bool IsSecret(string parameter) =>
        SecretNames.Contains(parameter)
        || parameter.EndsWith("-password", StringComparison.Ordinal)
        || parameter.EndsWith("-passphrase", StringComparison.Ordinal)
        || parameter.EndsWith("-private-key", StringComparison.Ordinal);

    /// <summary>Why a declaration must not set a parameter that guacd has; null where it may.</summary>
    public static string? WhyForbidden(string parameter) => parameter switch
    {
        "hostname" or "port" => "stands in the specification itself",
        "reverse-connect" or "listen-timeout" => "would make guacd listen for the target",
        "enable-drive" or "drive-name" => "would make guacd keep files of its own",
        "enable-agent" => "would lend guacd's own keys to the target",
        _ when parameter.EndsWith("-path", StringComparison.Ordinal) => "would let guacd write files; Relay records in the path itself",
        _ when parameter.StartsWith("recording-", StringComparison.Ordinal) || parameter.StartsWith("typescript-", StringComparison.Ordinal) =>
            "belongs to guacd's own recorder; Relay records in the path itself",
        _ => null,
    };

    private static FrozenSet<string> Names(params string[] lists) =>
        lists.SelectMany(list => list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToFrozenSet(StringComparer.Ordinal);

    private sealed record Protocol(int DefaultPort, FrozenSet<string> Parameters);
}
