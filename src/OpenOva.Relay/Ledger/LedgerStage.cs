using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Ledger;

/// <summary>A staged event: what a manifest needs to refer to it before it has a number.</summary>
internal sealed record StagedEvent(string Id, string DataSha256);

/// <summary>Writes events in the transaction of the state change that they tell of. The organisation's sequencer numbers them after the commit.</summary>
internal sealed class LedgerStage(EventIds ids, TimeProvider time, LedgerSignal signal)
{
    /// <summary>Stages an event.</summary>
    /// <param name="transaction">The transaction of the state change.</param>
    /// <param name="organisation">Whose ledger.</param>
    /// <param name="type">One of <see cref="Evidence.Ledger.LedgerEventTypes"/>.</param>
    /// <param name="data">No names, no free text, no secrets: issuer, subject and commitments only.</param>
    public Task<StagedEvent> AddAsync(RelayTransaction transaction, string organisation, string type, JsonObject data) =>
        AddAsync(transaction, organisation, type, data, ids.Next());

    /// <summary>Stages an event whose id was made before, because something else already refers to it.</summary>
    public async Task<StagedEvent> AddAsync(RelayTransaction transaction, string organisation, string type, JsonObject data, string id)
    {
        var canonical = CanonicalJson.Encode(data);
        await transaction.ExecuteAsync(
            "INSERT INTO ledger_staged (id, organisation, type, time_us, data) VALUES (@id, @organisation, @type, @now, @canonical)",
            new { id, organisation, type, now = time.GetUnixMicroseconds(), canonical });
        transaction.AfterCommit(signal.Wake);
        return new StagedEvent(id, Digests.Hex(canonical));
    }

    /// <summary>An id for an event that is staged later.</summary>
    public string NextId() => ids.Next();
}
