using System.Text.Json;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Ledger;

/// <summary>
/// Numbers and hashes staged events, one fenced sequencer per organisation: whoever holds the organisation's lease, and each batch is written in a
/// transaction that holds that lease.
/// </summary>
internal sealed class LedgerSequencer(RelayDatabase database, Leases leases, LedgerSignal signal, ReplicaName replica, ILogger<LedgerSequencer> logger) : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OtherReplicaPause = TimeSpan.FromMilliseconds(100);
    private readonly Dictionary<string, MerkleFrontier> _frontiers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _running = new(1, 1);

    /// <summary>Numbers everything that is staged now, of all organisations whose lease is free. One whose ledger cannot be written holds up no other's.</summary>
    /// <returns>The number of events.</returns>
    /// <exception cref="AggregateException">What failed of one or more organisations, after the others were done.</exception>
    public async Task<int> SequenceAsync(CancellationToken cancellation)
    {
        var total = 0;
        var failures = new List<Exception>();
        foreach (var organisation in await LedgerQueries.OrganisationsWithStagedAsync(database, cancellation))
        {
            try
            {
                total += await SequenceAsync(organisation, cancellation);
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested && exception is not DatabaseUnavailableException { Failure: DatabaseFailure.Unavailable })
            {
                failures.Add(new InvalidOperationException($"numbering the events of {organisation} failed", exception));
            }
        }

        return failures.Count == 0 ? total : throw new AggregateException(failures);
    }

    /// <summary>
    /// Completes when everything that this organisation has staged now is numbered, by this replica or by the one that holds the organisation's lease.
    /// </summary>
    public async Task SettleAsync(string organisation, CancellationToken cancellation)
    {
        if (await LedgerQueries.NewestStagedAsync(database, organisation, cancellation) is not { } newest) return;
        await SequenceAsync(organisation, cancellation);
        while (await LedgerQueries.IsStagedUpToAsync(database, organisation, newest, cancellation))
        {
            await Task.Delay(OtherReplicaPause, cancellation);
            await SequenceAsync(organisation, cancellation);
        }
    }

    /// <summary>Numbers one batch under a lease; returns how many events it held, and writes nothing where the lease is no longer held.</summary>
    internal async Task<int> SequenceBatchAsync(string organisation, Lease lease, CancellationToken cancellation)
    {
        try
        {
            return await database.TransactAsync(transaction => SequenceBatchAsync(transaction, organisation, lease), cancellation);
        }
        catch
        {
            // What the frontier holds may not have been committed.
            _frontiers.Remove(organisation);
            throw;
        }
    }

    public override void Dispose()
    {
        _running.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SequenceAsync(stoppingToken);
                await signal.WaitAsync(LookPeriod, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.SequencingFailed(exception);
                await Task.Delay(LookPeriod, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<int> SequenceAsync(string organisation, CancellationToken cancellation)
    {
        await _running.WaitAsync(cancellation);
        try
        {
            if (await leases.TryAcquireAsync($"ledger/{organisation}", replica.Instance, LeaseTime, cancellation) is not { } lease) return 0;
            var (total, batch) = (0, 0);
            do
            {
                batch = await SequenceBatchAsync(organisation, lease, cancellation);
                total += batch;
            }
            while (batch == BatchSize);
            return total;
        }
        finally
        {
            _running.Release();
        }
    }

    private async Task<int> SequenceBatchAsync(RelayTransaction transaction, string organisation, Lease lease)
    {
        if (!await leases.HoldsAsync(transaction, lease.Name, lease.Epoch)) return 0;
        var staged = await LedgerQueries.StagedAsync(transaction, organisation, BatchSize);
        if (staged.Count == 0) return 0;
        var size = await LedgerQueries.SizeAsync(transaction, organisation);
        var frontier = await FrontierAsync(transaction, organisation, size);
        _frontiers.Remove(organisation);
        var leaves = new List<NewLeaf>(staged.Count);
        var nodes = new List<(MerkleNodeId, byte[])>(2 * staged.Count);
        foreach (var row in staged)
        {
            var leaf = LedgerLeaf.Encode(organisation, frontier.Size, row.Id, row.TimeUs, row.Type, row.Data);
            leaves.Add(new NewLeaf(frontier.Size, row.Id, row.Type, row.TimeUs, SessionOf(row.Data), leaf));
            frontier.Append(MerkleHash.Leaf(leaf), (id, hash) => nodes.Add((id, hash)));
        }

        await LedgerQueries.InsertLeavesAsync(transaction, organisation, leaves);
        await LedgerQueries.InsertNodesAsync(transaction, organisation, nodes);
        var unstaged = await LedgerQueries.UnstageAsync(transaction, organisation, staged[^1].Id, [.. staged.Select(s => s.Id)]);
        if (unstaged != staged.Count || await LedgerQueries.SetSizeAsync(transaction, organisation, size, frontier.Size) != 1)
            throw new InvalidOperationException($"the ledger of {organisation} was written by another hand");
        transaction.AfterCommit(() => _frontiers[organisation] = frontier);
        return staged.Count;
    }

    private async Task<MerkleFrontier> FrontierAsync(RelayTransaction transaction, string organisation, long size)
    {
        if (_frontiers.TryGetValue(organisation, out var known) && known.Size == size) return known;
        var roots = await LedgerQueries.NodesAsync(transaction.QueryAsync<NodeRow>, organisation, MerkleProof.Cover(new(0, size)));
        return MerkleFrontier.At(size, roots);
    }

    private static string? SessionOf(byte[] data)
    {
        using var document = JsonDocument.Parse(data);
        return document.RootElement.TryGetProperty("session", out var session) && session.ValueKind == JsonValueKind.String ? session.GetString() : null;
    }
}
