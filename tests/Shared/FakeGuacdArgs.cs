namespace OpenOva.Relay.Shared;

/// <summary>
/// The <c>args</c> of two guacds, word for word. Those of 1.3.0 were read from Debian's guacd except kubernetes, which Debian does not
/// package and which stands here as its source has it; those of 1.6.0 from a guacd built from upstream, telnet again from the source.
/// </summary>
internal static class FakeGuacdArgs
{
    public static string[] Of(FakeGuacdRelease release, string protocol) => (release, protocol) switch
    {
        (FakeGuacdRelease.Guacd130, "ssh") => Names(Ssh130),
        (FakeGuacdRelease.Guacd130, "vnc") => Names(Vnc130),
        (FakeGuacdRelease.Guacd130, "rdp") => Names(Rdp130),
        (FakeGuacdRelease.Guacd130, "kubernetes") => Names(Kubernetes130),
        (FakeGuacdRelease.Guacd160, "ssh") => Names(Ssh160),
        (FakeGuacdRelease.Guacd160, "vnc") => Names(Vnc160),
        (FakeGuacdRelease.Guacd160, "rdp") => Names(Rdp160),
        (FakeGuacdRelease.Guacd160, "kubernetes") => Names(Kubernetes160),
        (FakeGuacdRelease.Guacd130, "telnet") => Names(Telnet130),
        (FakeGuacdRelease.Guacd160, "telnet") => Names(Telnet160),
        _ => throw new ArgumentException($"guacd has no plugin {protocol}."),
    };

    private static string[] Names(string list) => list.Split((char[])[',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private const string Ssh130 = """
        VERSION_1_3_0, hostname, host-key, port, username, password, font-name, font-size, enable-sftp,
        sftp-root-directory, sftp-disable-download, sftp-disable-upload, private-key, passphrase, color-scheme,
        command, typescript-path, typescript-name, create-typescript-path, recording-path, recording-name,
        recording-exclude-output, recording-exclude-mouse, recording-include-keys, create-recording-path, read-only,
        server-alive-interval, backspace, terminal-type, scrollback, locale, timezone, disable-copy, disable-paste,
        wol-send-packet, wol-mac-addr, wol-broadcast-addr, wol-wait-time
        """;

    private const string Vnc130 = """
        VERSION_1_3_0, hostname, port, read-only, encodings, username, password, swap-red-blue, color-depth, cursor,
        autoretry, clipboard-encoding, dest-host, dest-port, enable-audio, audio-servername, reverse-connect,
        listen-timeout, enable-sftp, sftp-hostname, sftp-host-key, sftp-port, sftp-username, sftp-password,
        sftp-private-key, sftp-passphrase, sftp-directory, sftp-root-directory, sftp-server-alive-interval,
        sftp-disable-download, sftp-disable-upload, recording-path, recording-name, recording-exclude-output,
        recording-exclude-mouse, recording-include-keys, create-recording-path, disable-copy, disable-paste,
        wol-send-packet, wol-mac-addr, wol-broadcast-addr, wol-wait-time
        """;

    private const string Rdp130 = """
        VERSION_1_3_0, hostname, port, domain, username, password, width, height, dpi, initial-program, color-depth,
        disable-audio, enable-printing, printer-name, enable-drive, drive-name, drive-path, create-drive-path,
        disable-download, disable-upload, console, console-audio, server-layout, security, ignore-cert, disable-auth,
        remote-app, remote-app-dir, remote-app-args, static-channels, client-name, enable-wallpaper, enable-theming,
        enable-font-smoothing, enable-full-window-drag, enable-desktop-composition, enable-menu-animations,
        disable-bitmap-caching, disable-offscreen-caching, disable-glyph-caching, preconnection-id, preconnection-blob,
        timezone, enable-sftp, sftp-hostname, sftp-host-key, sftp-port, sftp-username, sftp-password, sftp-private-key,
        sftp-passphrase, sftp-directory, sftp-root-directory, sftp-server-alive-interval, sftp-disable-download,
        sftp-disable-upload, recording-path, recording-name, recording-exclude-output, recording-exclude-mouse,
        recording-include-keys, create-recording-path, resize-method, enable-audio-input, read-only, gateway-hostname,
        gateway-port, gateway-domain, gateway-username, gateway-password, load-balance-info, disable-copy,
        disable-paste, wol-send-packet, wol-mac-addr, wol-broadcast-addr, wol-wait-time
        """;

    private const string Kubernetes130 = """
        VERSION_1_3_0, hostname, port, namespace, pod, container, use-ssl, client-cert, client-key, ca-cert,
        ignore-cert, font-name, font-size, color-scheme, typescript-path, typescript-name, create-typescript-path,
        recording-path, recording-name, recording-exclude-output, recording-exclude-mouse, recording-include-keys,
        create-recording-path, read-only, backspace, scrollback, disable-copy, disable-paste
        """;

    private const string Ssh160 = """
        VERSION_1_5_0, hostname, host-key, port, timeout, username, password, font-name, font-size, enable-sftp,
        sftp-root-directory, sftp-disable-download, sftp-disable-upload, private-key, passphrase, public-key,
        color-scheme, command, typescript-path, typescript-name, create-typescript-path, typescript-write-existing,
        recording-path, recording-name, recording-exclude-output, recording-exclude-mouse, recording-include-keys,
        create-recording-path, recording-write-existing, read-only, server-alive-interval, backspace, terminal-type,
        scrollback, locale, timezone, disable-copy, disable-paste, wol-send-packet, wol-mac-addr, wol-broadcast-addr,
        wol-udp-port, wol-wait-time
        """;

    private const string Vnc160 = """
        VERSION_1_5_0, hostname, port, read-only, disable-display-resize, encodings, username, password, swap-red-blue,
        color-depth, cursor, autoretry, clipboard-encoding, dest-host, dest-port, enable-audio, audio-servername,
        reverse-connect, listen-timeout, enable-sftp, sftp-hostname, sftp-host-key, sftp-port, sftp-timeout,
        sftp-username, sftp-password, sftp-private-key, sftp-passphrase, sftp-public-key, sftp-directory,
        sftp-root-directory, sftp-server-alive-interval, sftp-disable-download, sftp-disable-upload, recording-path,
        recording-name, recording-exclude-output, recording-exclude-mouse, recording-include-keys,
        create-recording-path, recording-write-existing, disable-copy, disable-paste, disable-server-input,
        wol-send-packet, wol-mac-addr, wol-broadcast-addr, wol-udp-port, wol-wait-time, force-lossless, compress-level,
        quality-level
        """;

    private const string Rdp160 = """
        VERSION_1_5_0, hostname, port, timeout, domain, username, password, width, height, dpi, initial-program,
        color-depth, disable-audio, enable-printing, printer-name, enable-drive, drive-name, drive-path,
        create-drive-path, disable-download, disable-upload, console, console-audio, server-layout, security,
        ignore-cert, cert-tofu, cert-fingerprints, disable-auth, remote-app, remote-app-dir, remote-app-args,
        static-channels, client-name, enable-wallpaper, enable-theming, enable-font-smoothing, enable-full-window-drag,
        enable-desktop-composition, enable-menu-animations, disable-bitmap-caching, disable-offscreen-caching,
        disable-glyph-caching, disable-gfx, preconnection-id, preconnection-blob, timezone, enable-sftp, sftp-hostname,
        sftp-host-key, sftp-port, sftp-timeout, sftp-username, sftp-password, sftp-private-key, sftp-passphrase,
        sftp-public-key, sftp-directory, sftp-root-directory, sftp-server-alive-interval, sftp-disable-download,
        sftp-disable-upload, recording-path, recording-name, recording-exclude-output, recording-exclude-mouse,
        recording-exclude-touch, recording-include-keys, create-recording-path, recording-write-existing,
        resize-method, enable-audio-input, enable-touch, read-only, gateway-hostname, gateway-port, gateway-domain,
        gateway-username, gateway-password, load-balance-info, disable-copy, disable-paste, wol-send-packet,
        wol-mac-addr, wol-broadcast-addr, wol-udp-port, wol-wait-time, force-lossless, normalize-clipboard
        """;

    private const string Kubernetes160 = """
        VERSION_1_5_0, hostname, port, namespace, pod, container, exec-command, use-ssl, client-cert, client-key,
        ca-cert, ignore-cert, font-name, font-size, color-scheme, typescript-path, typescript-name,
        create-typescript-path, typescript-write-existing, recording-path, recording-name, recording-exclude-output,
        recording-exclude-mouse, recording-include-keys, create-recording-path, recording-write-existing, read-only,
        backspace, scrollback, disable-copy, disable-paste
        """;

    private const string Telnet130 = """
        VERSION_1_3_0, hostname, port, username, username-regex, password, password-regex, font-name, font-size,
        color-scheme, typescript-path, typescript-name, create-typescript-path, recording-path, recording-name,
        recording-exclude-output, recording-exclude-mouse, recording-include-keys, create-recording-path, read-only,
        backspace, terminal-type, scrollback, login-success-regex, login-failure-regex, disable-copy, disable-paste,
        wol-send-packet, wol-mac-addr, wol-broadcast-addr, wol-wait-time
        """;

    private const string Telnet160 = """
        VERSION_1_5_0, hostname, port, timeout, username, username-regex, password, password-regex, font-name,
        font-size, color-scheme, typescript-path, typescript-name, create-typescript-path, typescript-write-existing,
        recording-path, recording-name, recording-exclude-output, recording-exclude-mouse, recording-include-keys,
        create-recording-path, recording-write-existing, read-only, backspace, terminal-type, scrollback,
        login-success-regex, login-failure-regex, disable-copy, disable-paste, wol-send-packet, wol-mac-addr,
        wol-broadcast-addr, wol-udp-port, wol-wait-time
        """;
}
