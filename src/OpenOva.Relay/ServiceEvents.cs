using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay;

/// <summary>Something that happened to the service, on its way into every organisation's ledger.</summary>
/// <param name="Type">One of <see cref="Evidence.Ledger.LedgerEventTypes"/>.</param>
/// <param name="Data">What all of them are told.</param>
/// <param name="LiveSessions">How many live sessions there were, by organisation: each is told of its own alone. Null: no matter.</param>
internal sealed record ServiceEvent(string Type, JsonObject Data, IReadOnlyDictionary<string, int>? LiveSessions)
{
    /// <summary>The ids of its events, by organisation: made once, so that what may have been written already is not written again.</summary>
    public Dictionary<string, string> Ids { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// What every organisation is to be told of the service. What cannot be written now waits, bounded; where it is unknown whether it was written, it is looked for before
/// it is written again. Not thread-safe.
/// </summary>
internal sealed class ServiceEvents(RelayDatabase database, LedgerStage ledger, IReadOnlyList<string> organisations)
{
    private const int MostWaiting = 1_000;
    private readonly Queue<ServiceEvent> _waiting = new();

    /// <summary>False: too much waits already.</summary>
    public bool Add(ServiceEvent happened)
    {
        if (_waiting.Count >= MostWaiting) return false;
        foreach (var organisation in organisations) happened.Ids[organisation] = ledger.NextId();
        _waiting.Enqueue(happened);
        return true;
    }

    /// <summary>Writes what waits, all or nothing.</summary>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        if (_waiting.Count == 0) return;
        await database.TransactAsync(
            async transaction =>
            {
                foreach (var happened in _waiting) await WriteAsync(transaction, happened);
            },
            cancellation);
        _waiting.Clear();
    }

    internal async Task WriteAsync(RelayTransaction transaction, ServiceEvent happened)
    {
        foreach (var (organisation, id) in happened.Ids)
        {
            if (await LedgerQueries.IsKnownAsync(transaction, organisation, id)) continue;
            var data = (JsonObject)happened.Data.DeepClone();
            if (happened.LiveSessions is { } live) data["live_sessions"] = live.GetValueOrDefault(organisation);
            await ledger.AddAsync(transaction, organisation, happened.Type, data, id);
        }
    }
}
