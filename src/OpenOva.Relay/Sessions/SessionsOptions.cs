using OpenOva.Relay.Configuration;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Sessions;

/// <summary>Section <c>Relay:Sessions</c>.</summary>
internal sealed class SessionsOptions
{
    public const string Section = "Relay:Sessions";

    /// <summary>guacd's host. Default 127.0.0.1: guacd has no authentication and is told the targets' passwords, so it stands beside the replica. A remote one only over TLS.</summary>
    public string GuacdHost { get; set; } = "127.0.0.1";

    /// <summary>guacd's port. Default 4822.</summary>
    public int GuacdPort { get; set; } = 4822;

    /// <summary>Speaks TLS to guacd. Default false; required unless it stands on loopback.</summary>
    public bool GuacdTls { get; set; }

    /// <summary>How long a tunnel ticket may be redeemed. Default 30 s; 1 s to 5 min.</summary>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the target has to draw its first frame. Default 30 s; must be positive.</summary>
    public TimeSpan FirstFrame { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Live sessions of this replica. Default 500; at least 1.</summary>
    public int MaxSessions { get; set; } = 500;

    /// <summary>Watchers of one session at a time. Default 3; at least 1.</summary>
    public int MaxWatchers { get; set; } = 3;

    /// <summary>How long one watches a session before he must say why again. Default 1 h; must be positive.</summary>
    public TimeSpan WatchTime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Whether a session's person is told that it is watched, never by whom. Default true. Where false, what guacd itself says of other users is withheld too.
    /// </summary>
    public bool TellWatched { get; set; } = true;

    /// <summary>Output that waits for a slow reader or watcher, bytes; beyond it he is cut. Default 4 MiB; at least 256 KiB.</summary>
    public int ReaderQueueBytes { get; set; } = 4 << 20;

    /// <summary>How late a person's answers to sync may be before Relay answers guacd itself and drops his input. Default 2 s; must be positive.</summary>
    public TimeSpan SyncLag { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long guacd is drained after the person has left. Default 5 s; must be positive.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long guacd must draw nothing for the draining to end before its time. Default 1 s; must be positive and at most <c>Drain</c>.</summary>
    public TimeSpan DrainQuiet { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a replica's lease runs without renewal. Default 15 s; at least 3 s. Another replica finishes its sessions when the lease has been lapsed for as
    /// long again: about twice this time after the replica died.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long sessions go on, told so, after the process was told to stop. Default 10 s; zero: not at all. 10 s of <c>Relay:Web:StopTimeout</c> are kept for
    /// sealing; an orchestrator must give more time than that before it kills.
    /// </summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Text file with the notice that a person acknowledges before a recorded session, one paragraph a line. Default empty: a standard text.</summary>
    public string NoticeFile { get; set; } = "";

    /// <summary>Recorded sessions open only with the notice in force acknowledged, whoever calls. Default false: pages ask for it, gateways may.</summary>
    public bool NoticeRequired { get; set; }

    /// <summary>
    /// How often a browser is asked for a sign of life, and how long it has for it: one that is silent for both has left. Default 10 s; must be positive.
    /// </summary>
    public TimeSpan WebKeepAlive { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The replica's name, stable over restarts. Default empty: the machine's name.</summary>
    public string Replica { get; set; } = "";

    /// <summary>Where guacd is.</summary>
    public GuacdEndpoint Endpoint() => new(GuacdHost, GuacdPort) { Tls = GuacdTls ? new GuacdTls() : null };
}

internal sealed class ValidateSessionsOptions() : OptionsRules<SessionsOptions>(SessionsOptions.Section)
{
    protected override void Check(SessionsOptions options)
    {
        if (options.GuacdHost.Length == 0) Fail(nameof(options.GuacdHost), "must name a host");
        Range(nameof(options.GuacdPort), options.GuacdPort, 1, 65_535);
        if (options.TicketLifetime < TimeSpan.FromSeconds(1) || options.TicketLifetime > TimeSpan.FromMinutes(5)) Fail(nameof(options.TicketLifetime), "must be 1 s to 5 min");
        Positive(nameof(options.FirstFrame), options.FirstFrame);
        Range(nameof(options.MaxSessions), options.MaxSessions, 1, 100_000);
        Range(nameof(options.MaxWatchers), options.MaxWatchers, 1, 100);
        Positive(nameof(options.WatchTime), options.WatchTime);
        Range(nameof(options.ReaderQueueBytes), options.ReaderQueueBytes, 256 << 10, 1 << 30);
        Positive(nameof(options.SyncLag), options.SyncLag);
        Positive(nameof(options.Drain), options.Drain);
        Positive(nameof(options.DrainQuiet), options.DrainQuiet);
        Positive(nameof(options.WebKeepAlive), options.WebKeepAlive);
        if (options.DrainQuiet > options.Drain) Fail(nameof(options.DrainQuiet), "must not be above Drain");
        FileReadable(nameof(options.NoticeFile), options.NoticeFile);
        if (options.ShutdownGrace < TimeSpan.Zero) Fail(nameof(options.ShutdownGrace), "must not be negative");
        if (options.Lease < TimeSpan.FromSeconds(3)) Fail(nameof(options.Lease), "must be at least 3 s");
    }
}
