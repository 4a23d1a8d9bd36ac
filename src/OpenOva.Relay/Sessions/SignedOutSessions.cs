using OpenOva.Relay.Database;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Orders the end of what a sign-out ends, wherever it is carried; tickets that are still out die with their sessions.</summary>
internal sealed class SignedOutSessions(SessionOrders orders)
{
    /// <summary>How many sessions were ordered to end.</summary>
    public async Task<int> EndAsync(RelayTransaction transaction, SignOut signOut)
    {
        var ended = 0;
        foreach (var session in await AccountSessionQueries.SignedOutAsync(transaction, signOut))
        {
            if (await orders.EndAsync(transaction, signOut.Organisation, session, new EndOrder(SessionEndReason.SignedOut)))
                ended++;
        }

        return ended;
    }
}
