using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.WebTunnel;

/// <summary>
/// Notes that a foreign page tried to open a tunnel in a person's browser. In each minute an organisation's ledger has the first few one by one; those that
/// come after are counted into the next one that is noted: a page that tries for ever must not fill the ledger.
/// </summary>
internal sealed class RefusedOrigins(RelayDatabase database, LedgerStage ledger, TimeProvider time, ILogger<RefusedOrigins> logger)
{
    private const int PerMinute = 10;
    private const int MaxOriginLength = 255;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    // By organisation, hence bounded by configuration.
    private readonly Dictionary<string, (long Since, int Noted, long Waiting)> _tallies = new(StringComparer.Ordinal);

    public async Task NoteAsync(Caller caller, HttpRequest request)
    {
        // The page's origin, and nothing else that a stranger writes.
        var origin = WebOrigin.Parse(request.Headers.Origin) is { Length: <= MaxOriginLength } parsed ? parsed : null;
        if (Count(caller.Organisation) is not { } count) return;
        logger.OriginRefused(origin ?? "none");
        try
        {
            await database.TransactAsync(transaction => ledger.AddAsync(transaction, caller.Organisation, LedgerEventTypes.TunnelOriginRefused, new JsonObject
            {
                ["session"] = WebTunnelQuery.SessionOf(request.Query),
                ["subject"] = new JsonObject { ["issuer"] = caller.Issuer, ["sub"] = caller.Subject },
                ["origin"] = origin,
                ["count"] = count,
            }));
        }
        catch (DatabaseUnavailableException exception)
        {
            // The page is refused all the same; what it tried is counted into the next event.
            lock (_gate)
            {
                var (since, noted, waiting) = _tallies[caller.Organisation];
                _tallies[caller.Organisation] = (since, noted, waiting + count);
            }

            logger.OriginNotNoted(exception);
        }
    }

    // How many refusals the event stands for; null: it is only counted now.
    private long? Count(string organisation)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var (since, noted, waiting) = _tallies.TryGetValue(organisation, out var tally) ? tally : (now, 0, 0);
            if (time.GetElapsedTime(since, now) >= Minute) (since, noted) = (now, 0);
            if (noted >= PerMinute)
            {
                _tallies[organisation] = (since, noted, waiting + 1);
                return null;
            }

            _tallies[organisation] = (since, noted + 1, 0);
            return waiting + 1;
        }
    }
}
