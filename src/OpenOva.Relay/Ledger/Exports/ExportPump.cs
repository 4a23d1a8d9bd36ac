using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>How patient an exporter is.</summary>
/// <param name="Timeout">Of one batch; well below <see cref="ExportPump.LeaseTime"/>.</param>
/// <param name="PauseCeiling">Longest pause between two attempts; pauses double from one second.</param>
/// <param name="StallAfter">Failing for this long is an outage.</param>
internal sealed record ExportPace(TimeSpan Timeout, TimeSpan PauseCeiling, TimeSpan StallAfter);

/// <summary>
/// Takes every organisation's ledger to one target, at least once and in order: one replica at a time, which holds the exporter's lease, and moves the
/// position that all replicas share only under it. An organisation whose records are refused waits by itself.
/// </summary>
internal sealed class ExportPump(
    string component, ExportReader reader, IExportTarget target, ExportPace pace, RelayDatabase database, Leases leases, ReplicaName replica, RelayMetrics metrics,
    TimeProvider time, ILogger<ExportPump> logger) : BackgroundService, IReadinessDetail
{
    public static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, ExportStream> _streams = new(StringComparer.Ordinal);
    private Lease? _lease;
    private long _leasedAt;
    private volatile bool _isWell = true;

    /// <summary>As outages and /readyz name it: <c>ledger-export/siem</c>.</summary>
    public string Name => component;

    public bool IsWell => _isWell;

    /// <summary>One look at every organisation. True: there is more to send at once.</summary>
    public async Task<bool> RoundAsync(CancellationToken cancellation)
    {
        if (!await HoldAsync(cancellation)) return false;
        var more = false;
        foreach (var row in await ExportQueries.PositionsAsync(database, component, cancellation))
        {
            if (!_streams.TryGetValue(row.Organisation, out var stream)) _streams[row.Organisation] = stream = new ExportStream(row.Organisation, row.Position);
            if (!await HoldAsync(cancellation)) return false;
            await ConfirmAsync(stream, cancellation);
            if (stream.MayTry(time) && reader.HasMore(row, stream.Sent)) more |= await SendAsync(stream, cancellation);
            await ConfirmAsync(stream, cancellation);
            await TellLagAsync(row, stream, cancellation);
        }

        TellStalls();
        return more;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await target.DisposeAsync();
        try
        {
            if (_lease is { } held) await leases.ReleaseAsync(held, cancellationToken);
        }
        catch (Exception exception) when (exception is DatabaseUnavailableException or OperationCanceledException)
        {
            // It lapses by itself.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var more = false;
            try
            {
                more = await RoundAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.ExportRoundFailed(exception, component);
            }

            if (!more) await Task.Delay(LookPeriod, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> HoldAsync(CancellationToken cancellation)
    {
        if (_lease is not null && time.GetElapsedTime(_leasedAt) < RenewPeriod) return true;
        var asked = time.GetTimestamp();
        var lease = await leases.TryAcquireAsync(component, replica.Instance, LeaseTime, cancellation);
        if (_lease is not null && lease?.Epoch != _lease.Epoch) Forget();
        (_lease, _leasedAt) = (lease, asked);
        return lease is not null;
    }

    // What another replica exported meanwhile is unknown here; what is not known to lag must not be told as if it did.
    private void Forget()
    {
        foreach (var organisation in _streams.Keys) TellLag(organisation, 0, 0);
        _streams.Clear();
        _isWell = true;
    }

    private async Task<bool> SendAsync(ExportStream stream, CancellationToken cancellation)
    {
        var items = await reader.ReadAsync(stream.Organisation, stream.Sent, cancellation);
        if (items.Count == 0) return false;
        var outcome = await TrySendAsync(items, cancellation);
        if (outcome.Sent > 0) stream.NoteSent(items[outcome.Sent - 1].After, outcome.Connection, time);
        if (outcome.Failure is null)
        {
            if (stream.Succeed()) logger.ExportWorksAgain(component, stream.Organisation);
            return true;
        }

        var record = items[Math.Min(outcome.Sent, items.Count - 1)].Record;
        if (stream.Fail(pace.PauseCeiling, time)) logger.ExportFailed(component, stream.Organisation, record.Type, record.Sequence, outcome.Failure);
        return false;
    }

    private async Task<ExportOutcome> TrySendAsync(IReadOnlyList<ExportItem> items, CancellationToken cancellation)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(pace.Timeout);
        try
        {
            return await target.SendAsync([.. items.Select(item => item.Record)], bounded.Token);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (Exception exception)
        {
            return new(0, bounded.IsCancellationRequested ? $"no answer within {pace.Timeout}" : $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    private async Task ConfirmAsync(ExportStream stream, CancellationToken cancellation)
    {
        if (stream.Arrived(target.Connection, target.ConfirmAfter, time) is not { } arrived) return;
        var held = _lease!;
        try
        {
            await database.TransactAsync(
                async transaction =>
                {
                    if (!await leases.HoldsAsync(transaction, held.Name, held.Epoch)) throw new InvalidOperationException($"the lease of {component} is lost");
                    await ExportQueries.MoveAsync(transaction, component, stream.Organisation, arrived);
                },
                cancellation);
        }
        catch
        {
            // Whoever exports next, this replica included, begins from what the database knows.
            Forget();
            _lease = null;
            throw;
        }

        stream.Confirm(arrived);
    }

    private async Task TellLagAsync(ExportRow row, ExportStream stream, CancellationToken cancellation)
    {
        var (organisation, confirmed) = (stream.Organisation, stream.Confirmed);
        var behind = reader.WithLeaves ? row.Size - confirmed.NextSequence
            : row.NewestHead > confirmed.HeadSize ? await ExportQueries.HeadsAboveAsync(database, organisation, confirmed.HeadSize, cancellation) : 0;
        var oldest = behind <= 0 ? null
            : reader.WithLeaves ? await ExportQueries.LeafTimeAsync(database, organisation, confirmed.NextSequence, cancellation)
            : await ExportQueries.HeadTimeAsync(database, organisation, confirmed.HeadSize, cancellation);
        TellLag(organisation, Math.Max(behind, 0), oldest is { } since ? Math.Max(time.GetUnixMicroseconds() - since, 0) / 1e6 : 0);
    }

    private void TellLag(string organisation, long behind, double seconds)
    {
        KeyValuePair<string, object?>[] labels = [new("exporter", component), new("organisation", organisation)];
        metrics.LedgerExportBehind.Record(behind, labels);
        metrics.LedgerExportLag.Record(seconds, labels);
    }

    private void TellStalls()
    {
        var stalled = _streams.Values.Where(stream => stream.HasFailedFor(pace.StallAfter, time)).ToList();
        if (_isWell) stalled.ForEach(stream => logger.ExportStalled(component, stream.Organisation));
        _isWell = stalled.Count == 0;
    }
}
