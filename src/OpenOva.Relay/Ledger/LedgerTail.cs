using System.Runtime.CompilerServices;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Ledger;

/// <summary>
/// Gives an organisation's leaves out in order from any one on. Whoever reads holds no place here: the sequence he asks for is all there is to resume by,
/// so that nothing is lost or doubled by a break on either side.
/// </summary>
internal sealed class LedgerTail(RelayDatabase database, CallerStanding standing, TimeProvider time)
{
    /// <summary>Rows in memory at a time for each reader.</summary>
    private const int Page = 100;

    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>The leaves of the caller's organisation, and those to come where he follows.</summary>
    /// <exception cref="RelayException">
    /// INVALID_ARGUMENT: the sequence is negative, or beyond the ledger. TOKEN_REFUSED: the token has expired, or its account or session was signed out.
    /// </exception>
    public async IAsyncEnumerable<EventRow> ReadAsync(Caller caller, long from, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (from < 0 || from > await LedgerQueries.SizeAsync(database, caller.Organisation, cancellation)) throw RelayException.InvalidField("from_sequence");
        while (true)
        {
            standing.Guard(caller);
            var rows = await LedgerQueries.EventsAsync(database, caller.Organisation, from, Page, cancellation);
            foreach (var row in rows) yield return row;
            from += rows.Count;
            if (rows.Count == Page) continue;
            if (!follow) yield break;
            await Task.Delay(LookPeriod, time, cancellation);
        }
    }
}
