using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Identity.Logout;

/// <summary>Reads what other replicas were told, twice a second. The first reading comes before the first call is answered.</summary>
internal sealed class SignOutWatch(RelayDatabase database, SignOuts signOuts, RepeatedWork work, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    // Rows are stamped before they are committed: one that took so long to commit would be missed.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(60);

    private long _newestUs;

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

    // Nobody can sign out either while the database is away.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => work.RunAsync("sign-outs", Period, ReadAsync, stoppingToken);
}
