using System.Diagnostics.Metrics;

namespace OpenOva.Relay.Telemetry;

/// <summary>
/// The service's instruments. The guacamole_ names are the platform's; dashboards and alerts rely on them, so they never change.
/// Labels carry organisations and protocols, never persons or sessions: their number must stay bounded.
/// </summary>
internal sealed class RelayMetrics : IDisposable
{
    private static int _instances;

    private readonly Meter _meter;

    public RelayMetrics()
    {
        // Listeners find meters by name over the whole process: a second host in one process must not count into the first one's.
        var instance = Interlocked.Increment(ref _instances);
        _meter = new Meter(instance == 1 ? "OpenOva.Relay" : $"OpenOva.Relay.{instance}");
        ActiveSessions = _meter.CreateUpDownCounter<long>("guacamole_active_sessions", "{session}", "Sessions open on this replica.");
        SessionDuration = _meter.CreateHistogram(
            "guacamole_session_duration_seconds",
            "s",
            "How long ended sessions lasted.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [10, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400] });
        RecordingBytes = _meter.CreateCounter<long>("guacamole_recording_bytes_total", "By", "Bytes written to recordings, uncompressed.");
        AuthFailures = _meter.CreateCounter<long>("guacamole_auth_failures_total", "{failure}", "Calls refused for want of a valid identity or right.");
        StoreChecks = _meter.CreateGauge<long>("relay_store_check", "{check}", "What the object store was found to enforce: 1 holds, 0 does not or could not be tried.");
        ResourceSources = _meter.CreateGauge<long>("relay_resource_source", "{source}", "Whether connections and policies can be read now: 1 yes, 0 no; what is in use stays in use.");
        MessagesDead = _meter.CreateCounter<long>("relay_messages_dead_total", "{message}", "Deliveries given up after the last attempt.");
        MessagesRefused = _meter.CreateCounter<long>(
            "relay_messages_refused_total", "{message}", "Messages on our queues that no outbox of ours sent, or that cannot be read.");
        LedgerExportBehind = _meter.CreateGauge<long>("relay_ledger_export_behind", "{record}", "Leaves, or heads of a head sink, that have not arrived at an exporter's end.");
        LedgerExportLag = _meter.CreateGauge<double>("relay_ledger_export_lag_seconds", "s", "Age of the oldest of them; zero when there is none.");
        ParametersIgnored = _meter.CreateCounter<long>(
            "relay_parameters_ignored_total", "{parameter}", "Parameters of connections that guacd did not know and went without, counted at each connecting.");
        RechecksUnanswered = _meter.CreateCounter<long>("relay_rechecks_unanswered_total", "{question}", "Questions after accounts with live sessions that their issuer did not answer.");
        RoundsFailed = _meter.CreateCounter<long>("relay_work_rounds_failed_total", "{round}", "Rounds of background work that failed and were followed by another.");
    }

    public string MeterName => _meter.Name;

    /// <summary>Labels: <c>protocol</c>, <c>organisation</c>. Add 1 at opening, -1 at the end.</summary>
    public UpDownCounter<long> ActiveSessions { get; }

    /// <summary>Seconds; labels: <c>protocol</c>, <c>organisation</c>.</summary>
    public Histogram<double> SessionDuration { get; }

    /// <summary>Bytes; labels: <c>organisation</c>.</summary>
    public Counter<long> RecordingBytes { get; }

    /// <summary>Labels: <c>reason</c>, from a fixed list.</summary>
    public Counter<long> AuthFailures { get; }

    /// <summary>1 or 0; labels: <c>bucket</c>, <c>check</c>, both from fixed lists.</summary>
    public Gauge<long> StoreChecks { get; }

    /// <summary>1 or 0; labels: <c>source</c>, from a fixed list.</summary>
    public Gauge<long> ResourceSources { get; }

    /// <summary>Records; labels: <c>exporter</c>, <c>organisation</c>. Told by the replica that exports, zero by the others.</summary>
    public Gauge<long> LedgerExportBehind { get; }

    /// <summary>Seconds; labels: <c>exporter</c>, <c>organisation</c>.</summary>
    public Gauge<double> LedgerExportLag { get; }

    /// <summary>Labels: <c>consumer</c>.</summary>
    public Counter<long> MessagesDead { get; }

    /// <summary>Labels: <c>consumer</c>; <c>reason</c>: <c>unreadable</c>, <c>unexpected</c> (another type) or <c>unknown</c> (not in the outbox).</summary>
    public Counter<long> MessagesRefused { get; }

    /// <summary>Labels: <c>protocol</c>, <c>parameter</c>, both from fixed lists.</summary>
    public Counter<long> ParametersIgnored { get; }

    /// <summary>Labels: <c>organisation</c>.</summary>
    public Counter<long> RechecksUnanswered { get; }

    /// <summary>Labels: <c>work</c>, from a fixed list.</summary>
    public Counter<long> RoundsFailed { get; }

    /// <summary>Makes the platform's metrics appear with zero before anything happened: an alert on their absence then means absence.</summary>
    public void Declare()
    {
        ActiveSessions.Add(0);
        RecordingBytes.Add(0);
        AuthFailures.Add(0);
    }

    public void Dispose() => _meter.Dispose();
}
