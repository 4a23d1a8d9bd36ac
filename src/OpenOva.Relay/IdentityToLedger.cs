using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Sessions;

namespace OpenOva.Relay;

/// <summary>What issuers say of accounts, beside tokens, takes effect on sessions and enters the ledger of their organisation.</summary>
internal sealed class IdentityToLedger(LedgerStage ledger, SignedOutSessions sessions)
{
    public async Task ApplyAsync(RelayTransaction transaction, SignOut signOut)
    {
        var ended = await sessions.EndAsync(transaction, signOut);
        await ledger.AddAsync(transaction, signOut.Organisation, LedgerEventTypes.SubjectSignedOut, signOut.ToLedgerData(ended));
    }

    public Task RecordAsync(RelayTransaction transaction, AccountMapping mapping) =>
        ledger.AddAsync(transaction, mapping.Organisation, LedgerEventTypes.AccountMapped, new JsonObject
        {
            ["subject"] = new JsonObject { ["issuer"] = mapping.Issuer, ["sub"] = mapping.Subject },
            ["person"] = mapping.PersonId,
            ["basis"] = mapping.Basis,
        });
}
