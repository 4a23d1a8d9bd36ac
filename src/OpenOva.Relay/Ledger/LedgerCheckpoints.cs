using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Ledger;

/// <summary>Signs heads: for each ledger that has grown, at most once a minute, and whenever somebody asks. Each is put into the store.</summary>
internal sealed class LedgerCheckpoints(
    RelayDatabase database, LedgerStage stage, LedgerSequencer sequencer, OrganisationKeys keys, IObjectStore store, ObjectStorageOptions buckets, TimeProvider time,
    ILogger<LedgerCheckpoints> logger) : BackgroundService
{
    private const int RetentionDays = 10 * 366;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Numbers what is staged, and gives the signed head of all that is numbered; a new one when the ledger has grown since the last.</summary>
    public async Task<Checkpoint> MakeAsync(string organisation, CancellationToken cancellation)
    {
        await sequencer.SettleAsync(organisation, cancellation);
        var size = await LedgerQueries.SizeAsync(database, organisation, cancellation);
        var newest = await LedgerQueries.NewestCheckpointAsync(database, organisation, cancellation);
        // The events that tell of heads are no growth: else each head would make the next.
        if (newest is null || await LedgerQueries.HasGrownAsync(database, organisation, newest.Size, cancellation))
        {
            var root = Convert.ToHexStringLower(await RootAsync(organisation, size, cancellation));
            var ring = await keys.OfAsync(organisation, cancellation);
            var now = ring.TimeToSign(time.GetUnixMicroseconds());
            var signed = await Checkpoint.SignAsync(organisation, size, root, now, ring.Signing, cancellation);
            await database.TransactAsync(
                async transaction =>
                {
                    if (!await LedgerQueries.InsertCheckpointAsync(transaction, organisation, size, root, now, signed.Jws.Compact)) return;
                    await stage.AddAsync(transaction, organisation, LedgerEventTypes.CheckpointMade, new JsonObject
                    {
                        ["size"] = size, ["root"] = root, ["checkpoint_sha256"] = signed.Jws.Digest,
                    });
                },
                cancellation);
            newest = (await LedgerQueries.NewestCheckpointAsync(database, organisation, cancellation))!;
        }

        return Checkpoint.Parse(Encoding.ASCII.GetBytes(newest.Jws), $"checkpoint {newest.Size}");
    }

    /// <summary>
    /// The last signed head if it is younger than a minute and covers so many leaves, else as <see cref="MakeAsync"/>: whoever asks again and again must not fill the
    /// ledger and the store with heads, each of which is kept for years.
    /// </summary>
    public async Task<Checkpoint> RecentAsync(string organisation, long atLeastSize, CancellationToken cancellation)
    {
        var newest = await LedgerQueries.NewestCheckpointAsync(database, organisation, cancellation);
        return newest is not null && newest.Size >= atLeastSize && time.GetUnixMicroseconds() - newest.TimeUs < Period.TotalMicroseconds
            ? Checkpoint.Parse(Encoding.ASCII.GetBytes(newest.Jws), $"checkpoint {newest.Size}")
            : await MakeAsync(organisation, cancellation);
    }

    /// <summary>The Merkle root over the first leaves.</summary>
    public async Task<byte[]> RootAsync(string organisation, long size, CancellationToken cancellation) =>
        MerkleProof.Fold(await NodesAsync(organisation, MerkleProof.Cover(new(0, size)), cancellation));

    /// <summary>RFC 9162's proof that a leaf is in the tree of a size.</summary>
    public Task<IReadOnlyList<byte[]>> InclusionAsync(string organisation, long leaf, long size, CancellationToken cancellation) =>
        ProofAsync(organisation, MerkleProof.PlanInclusion(leaf, size), cancellation);

    /// <summary>RFC 9162's proof that one tree is a prefix of another.</summary>
    public Task<IReadOnlyList<byte[]>> ConsistencyAsync(string organisation, long first, long second, CancellationToken cancellation) =>
        ProofAsync(organisation, MerkleProof.PlanConsistency(first, second), cancellation);

    /// <summary>The subtree roots left of a leaf: what a bundle's range begins with.</summary>
    public Task<IReadOnlyList<byte[]>> LeftOfAsync(string organisation, long leaf, CancellationToken cancellation) =>
        NodesAsync(organisation, MerkleProof.Cover(new(0, leaf)), cancellation);

    /// <summary>A head for each ledger that has grown, and into the store what is not there yet. What fails of one organisation holds up no other's.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        foreach (var organisation in await LedgerQueries.OrganisationsGrownAsync(database, cancellation))
            await TryAsync(() => MakeAsync(organisation, cancellation), cancellation);
        foreach (var row in await LedgerQueries.UnstoredCheckpointsAsync(database, 100, cancellation))
            await TryAsync(() => StoreAsync(row, cancellation), cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.CheckpointFailed(exception);
            }

            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TryAsync(Func<Task> work, CancellationToken cancellation)
    {
        try
        {
            await work();
        }
        // What is away is away for all of them.
        catch (Exception exception) when (!cancellation.IsCancellationRequested
            && exception is not (ObjectStoreUnavailableException or DatabaseUnavailableException { Failure: DatabaseFailure.Unavailable }))
        {
            logger.CheckpointFailed(exception);
        }
    }

    private async Task StoreAsync(CheckpointRow row, CancellationToken cancellation)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{row.Organisation}/checkpoints/{row.Size:D16}.jws");
        var retention = new Retention(RetentionMode.Compliance, RowClock.FromUnixMicroseconds(row.TimeUs).AddDays(RetentionDays));
        try
        {
            await store.PutIfAbsentAsync(buckets.EvidenceBucket, key, Encoding.ASCII.GetBytes(row.Jws), retention, cancellation);
        }
        catch (ObjectAlreadyExistsException)
        {
            // Put before, though the answer or the row was lost.
        }

        await LedgerQueries.CheckpointStoredAsync(database, row.Organisation, row.Size, cancellation);
    }

    private async Task<IReadOnlyList<byte[]>> ProofAsync(string organisation, IReadOnlyList<MerkleProof.LeafRange> plan, CancellationToken cancellation)
    {
        var covers = plan.Select(MerkleProof.Cover).ToList();
        var nodes = await NodesAsync(organisation, [.. covers.SelectMany(c => c)], cancellation);
        var proof = new List<byte[]>(plan.Count);
        var at = 0;
        foreach (var cover in covers)
        {
            proof.Add(MerkleProof.Fold([.. nodes.Skip(at).Take(cover.Count)]));
            at += cover.Count;
        }

        return proof;
    }

    private Task<IReadOnlyList<byte[]>> NodesAsync(string organisation, IReadOnlyList<MerkleNodeId> nodes, CancellationToken cancellation) =>
        LedgerQueries.NodesAsync((sql, values) => database.QueryAsync<NodeRow>(sql, values, cancellation), organisation, nodes);
}
