using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Access.Requests;

/// <summary>Tells of requests as they change, by looking for changes: no transport can lose one, and replicas need not tell each other.</summary>
internal sealed class RequestWatch(RelayDatabase database, RequestReader reader, CallerStanding standing, TimeProvider time)
{
    private const int Most = 5_000;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    // A change is stamped before its transaction commits: so far back is looked again.
    private static readonly long OverlapUs = TimeSpan.FromSeconds(10).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Runs until the caller leaves or his token expires.</summary>
    /// <exception cref="Web.RelayException">TOKEN_REFUSED: the caller was signed out.</exception>
    public async Task RunAsync(Caller caller, Func<AccessRequest, Task> tell, CancellationToken cancellation)
    {
        var told = new Dictionary<string, (long Version, long ChangedUs)>(StringComparer.Ordinal);
        long? since = null;
        while (time.GetUtcNow() < caller.Expires)
        {
            standing.Guard(caller);
            var from = since is { } at ? at - OverlapUs : (long?)null;
            since ??= time.GetUnixMicroseconds();
            foreach (var row in await RequestQueries.ChangedAsync(database, caller.Organisation, from, Most, cancellation))
            {
                since = Math.Max(since.Value, row.ChangedUs);
                if (!reader.Sees(caller, row) || (told.TryGetValue(row.Id, out var last) && last.Version >= row.Version)) continue;
                told[row.Id] = (row.Version, row.ChangedUs);
                await tell(await reader.MessageAsync(row, cancellation));
            }

            foreach (var (id, _) in told.Where(entry => entry.Value.ChangedUs < since - 2 * OverlapUs).ToList()) told.Remove(id);
            await Task.Delay(Period, time, cancellation);
        }
    }
}
