using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>A target that does what a test says, and keeps what arrived.</summary>
internal sealed class ScriptedTarget : IExportTarget
{
    public List<ExportRecord> Received { get; } = [];

    /// <summary>Asked before each batch; null: all of it goes.</summary>
    public Func<IReadOnlyList<ExportRecord>, ExportOutcome?>? Answer { get; set; }

    /// <summary>Happens while a batch is under way.</summary>
    public Func<Task>? Meanwhile { get; set; }

    public TimeSpan ConfirmAfter { get; init; }

    public long Connection { get; set; }

    public int Batches { get; private set; }

    public IEnumerable<long> Leaves(string organisation) => Received.Where(record => record.Organisation == organisation && !record.IsHead).Select(record => record.Sequence);

    public IEnumerable<long> Heads(string organisation) => Received.Where(record => record.Organisation == organisation && record.IsHead).Select(record => record.Sequence);

    public async Task<ExportOutcome> SendAsync(IReadOnlyList<ExportRecord> records, CancellationToken cancellation)
    {
        Batches++;
        if (Meanwhile is not null) await Meanwhile();
        var outcome = Answer?.Invoke(records) ?? new(records.Count, null, Connection);
        Received.AddRange(records.Take(outcome.Sent));
        return outcome;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The newest value of each gauge of one service, by exporter and organisation.</summary>
internal sealed class LagReadings : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<(string Instrument, string Organisation), double> _values = [];

    public LagReadings(RelayMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == metrics.MeterName && instrument.Name.StartsWith("relay_ledger_export", StringComparison.Ordinal)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    public double Behind(string organisation) => _values[("relay_ledger_export_behind", organisation)];

    public double Seconds(string organisation) => _values[("relay_ledger_export_lag_seconds", organisation)];

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _values[(instrument.Name, (string)tags.ToArray().Single(tag => tag.Key == "organisation").Value!)] = value;
}

/// <summary>An exporter of one replica on a test's database.</summary>
internal static class ExportRig
{
    public const string Component = "ledger-export/test";
    public static readonly ExportPace Pace = new(TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5));

    public static ExportPump Pump(RelayDatabase database, IExportTarget target, TimeProvider time, RelayMetrics metrics, string replica = "relay-0", bool withLeaves = true) =>
        new(Component, new ExportReader(database, withLeaves), target, Pace, database, new Leases(database), ReplicaName.Create(replica, time), metrics, time,
            NullLogger<ExportPump>.Instance);

    public static async Task DrainAsync(ExportPump pump, CancellationToken cancellation)
    {
        while (await pump.RoundAsync(cancellation))
        {
            // Until there is no more.
        }
    }
}
