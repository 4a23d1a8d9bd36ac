using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Tells of live sessions as they change, by looking for changes, as requests for access are watched: every replica's, and no transport can lose one.</summary>
internal sealed class SessionWatch(RelayDatabase database, CallerStanding standing, TimeProvider time)
{
    private const int Most = 5_000;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs until the caller leaves or his token expires.</summary>
    /// <param name="caller">Who watches.</param>
    /// <param name="all">Those of all persons of his organisation, else his own.</param>
    /// <param name="message">A session as it is told.</param>
    /// <param name="tell">Takes each that is new or has changed; the last of each is its end.</param>
    /// <param name="cancellation">The caller left.</param>
    /// <exception cref="Web.RelayException">TOKEN_REFUSED: the caller was signed out.</exception>
    public async Task RunAsync(Caller caller, bool all, Func<SessionRow, Session> message, Func<Session, Task> tell, CancellationToken cancellation)
    {
        var told = new Dictionary<string, Session>(StringComparer.Ordinal);
        while (time.GetUtcNow() < caller.Expires)
        {
            standing.Guard(caller);
            var live = await SessionQueries.LiveAsync(
                database, caller.Organisation, all ? null : caller.Issuer, all ? null : caller.Subject, Most, cancellation);
            var over = told.Keys.Except(live.Select(row => row.Id), StringComparer.Ordinal).ToList();
            foreach (var row in live)
            {
                var now = message(row);
                if (now.Equals(told.GetValueOrDefault(row.Id))) continue;
                told[row.Id] = now;
                await tell(now);
            }

            foreach (var id in over)
            {
                told.Remove(id);
                if (await SessionQueries.FindAsync(database, caller.Organisation, id, cancellation) is { } ended) await tell(message(ended));
            }

            await Task.Delay(Period, time, cancellation);
        }
    }
}
