using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Reports;

/// <summary>
/// Makes a requested report, once, whoever else is told to. A failure that may pass is told in the report's row and left to the bus to try again;
/// one that may not, or the last attempt's, ends the report as failed.
/// </summary>
internal sealed class MakeReport(
    ReportMaker maker, RelayDatabase database, Leases leases, LedgerStage ledger, ReportsOptions options, ReplicaName replica, TimeProvider time, ILogger<MakeReport> logger)
    : IRelayConsumer<ReportRequested>
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(15);

    public async Task ConsumeAsync(Delivery<ReportRequested> delivery, CancellationToken cancellation)
    {
        var message = delivery.Message;
        if (await ReportQueries.FindAsync(database, message.Organisation, message.ReportId, cancellation) is not { } row || ReportStates.IsFinal(row.State))
        {
            await delivery.CompleteAsync(_ => Task.CompletedTask, cancellation);
            return;
        }

        // A holder of its own for each delivery: two deliveries to one process must not share the lease.
        var lease = await leases.TryAcquireAsync($"report/{row.ReportId}", $"{replica.Instance}/{time.NewRowId()}", LeaseTime, cancellation)
            ?? throw new ReportBusyException(row.ReportId);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var renewing = RenewAsync(lease, lost, done.Token);
        try
        {
            await AttemptAsync(delivery, row, lease, lost.Token);
        }
        finally
        {
            await done.CancelAsync();
            await renewing;
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
    }

    private async Task AttemptAsync(Delivery<ReportRequested> delivery, ReportRow row, Lease lease, CancellationToken working)
    {
        try
        {
            await ReportQueries.StartAsync(database, row, time.GetUnixMicroseconds(), working);
            var started = await ReportQueries.FindAsync(database, row.Organisation, row.ReportId, working) ?? row;
            var made = await maker.MakeAsync(started, working);
            await delivery.CompleteAsync(transaction => ReadyAsync(transaction, row, lease, made), working);
            logger.ReportReady(row.ReportId, row.Organisation, made.Bytes, made.HeadSize);
        }
        // Where the lease was lost, the row is another delivery's to write.
        catch (Exception exception) when (exception is not ReportBusyException && !working.IsCancellationRequested)
        {
            var failure = ReportFailures.Of(exception);
            var permanent = exception is ReportFailedException { IsPermanent: true } || row.Attempts + 1 >= options.MaxAttempts;
            if (permanent)
            {
                logger.ReportFailed(exception, row.ReportId, failure);
                await delivery.CompleteAsync(
                    transaction => ReportQueries.FailAsync(transaction, row, failure.ToString(), failure.Wording(), time.GetUnixMicroseconds()), working);
                return;
            }

            logger.ReportPostponed(exception, row.ReportId, row.Attempts + 1, failure);
            await ReportQueries.PostponeAsync(
                database, row, failure.ToString(), $"{failure.Wording()} It will be tried again (attempt {row.Attempts + 1} of {options.MaxAttempts}).", working);
            throw;
        }
    }

    private async Task ReadyAsync(RelayTransaction transaction, ReportRow row, Lease lease, MadeBundle made)
    {
        if (!await leases.HoldsAsync(transaction, lease.Name, lease.Epoch)) throw new ReportBusyException(row.ReportId);
        if (await ReportQueries.ReadyAsync(transaction, row, made.Key, made.Bytes, made.Sha256, time.GetUnixMicroseconds()) != 1) return;
        await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.ReportMade, new JsonObject
        {
            ["report"] = row.ReportId,
            ["framework"] = row.Framework,
            ["from_us"] = row.FromUs,
            ["to_us"] = row.ToUs,
            ["head_size"] = made.HeadSize,
            ["bundle_sha256"] = made.Sha256,
        });
    }

    private async Task RenewAsync(Lease lease, CancellationTokenSource lost, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            await Task.Delay(RenewPeriod, time, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested) return;
            try
            {
                if (await leases.RenewAsync(lease, LeaseTime, done)) continue;
                await lost.CancelAsync();
                return;
            }
            catch (OperationCanceledException) when (done.IsCancellationRequested)
            {
                return;
            }
            catch (DatabaseUnavailableException)
            {
                // The next renewal, or the guarded completion, finds out whether the lease still stands.
            }
        }
    }
}
