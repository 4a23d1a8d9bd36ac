using OpenOva.Relay.Configuration;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

/// <summary>When output may be delivered.</summary>
internal enum SpoolDurability
{
    /// <summary>Once it is written: it survives the process, and the machine after the next sync (at most a second).</summary>
    Write = 0,

    /// <summary>Once it is synced: it survives the machine. Every frame waits for the disk.</summary>
    Sync = 1,
}

/// <summary>Section <c>Relay:Recordings</c>.</summary>
internal sealed class RecordingsOptions
{
    public const string Section = "Relay:Recordings";

    /// <summary>The spool's folder on a local disk, absolute or relative to <c>Relay:Data</c>. Default <c>spool</c>. One process uses it at a time.</summary>
    public string Spool { get; set; } = "spool";

    /// <summary>Default <c>Write</c>.</summary>
    public SpoolDurability Durability { get; set; } = SpoolDurability.Write;

    /// <summary>New sessions are refused while the spool's disk has less than this free, bytes. Default 256 MiB; zero: no such check.</summary>
    public long MinimumFreeBytes { get; set; } = 256L << 20;

    /// <summary>Recordings are kept at least this many days, whatever a connection says. Default 0: the connection decides.</summary>
    public int MinimumRetentionDays { get; set; }

    /// <summary>
    /// How recordings are locked. Default <c>Governance</c>: two persons can have one erased where the law demands it. <c>Compliance</c>: nobody can, before its
    /// time. Manifests and checkpoints are always locked in COMPLIANCE.
    /// </summary>
    public RetentionMode LockMode { get; set; } = RetentionMode.Governance;

    /// <summary>How often the position of each open recording's chain enters the ledger. Default 1 min; must be positive.</summary>
    public TimeSpan ChainPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait before a failed upload or seal is tried again. Default 2 s; must be positive.</summary>
    public TimeSpan RetryPeriod { get; set; } = TimeSpan.FromSeconds(2);
}

internal sealed class ValidateRecordingsOptions() : OptionsRules<RecordingsOptions>(RecordingsOptions.Section)
{
    protected override void Check(RecordingsOptions options)
    {
        if (options.Spool.Length == 0) Fail(nameof(options.Spool), "must name a folder");
        Range(nameof(options.MinimumFreeBytes), options.MinimumFreeBytes, 0, long.MaxValue);
        Range(nameof(options.MinimumRetentionDays), options.MinimumRetentionDays, 0, 36_500);
        if (!Enum.IsDefined(options.LockMode)) Fail(nameof(options.LockMode), "must be Governance or Compliance");
        Positive(nameof(options.ChainPeriod), options.ChainPeriod);
        Positive(nameof(options.RetryPeriod), options.RetryPeriod);
    }
}
