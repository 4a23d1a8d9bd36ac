using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity.Logout;

/// <summary>Reads what other replicas were told, twice a second. The first reading comes before the first call is answered.</summary>
internal sealed class SignOutWatch(RelayDatabase database, SignOuts signOuts, TimeProvider time, ILogger<SignOutWatch> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    // Rows are stamped before they are committed: one that took so long to commit would be missed.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(60);

    private long _newestUs;
    private bool _isFailing;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Reads once.</summary>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        var found = await SignOutQueries.SinceAsync(database, _newestUs - (long)Overlap.TotalMicroseconds, cancellation);
        signOuts.Note(found);
        signOuts.Forget(time.GetUnixMicroseconds());
        _newestUs = found.Select(signOut => signOut.NotedUs).Append(_newestUs).Max();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await ReadAsync(stoppingToken);
                _isFailing = false;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Once for an outage: this comes twice a second. Nobody can sign out either while the database is away.
                if (!_isFailing)
                    IdentityLog.SignOutsNotRead(log, exception);
                _isFailing = true;
            }
        }
    }
}
