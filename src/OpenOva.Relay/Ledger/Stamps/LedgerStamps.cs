using System.Globalization;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Stamps;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Ledger.Stamps;

/// <summary>
/// Has the heads of all ledgers stamped together, once a period: the token is over the root of a tree of heads, so that the authority learns nothing but one digest
/// and no organisation has to show another's head. One replica at a time, under a lease.
/// </summary>
internal sealed class LedgerStamps(
    TimestampClient authority, TimestampAuthorityOptions options, RelayDatabase database, LedgerStage ledger, Leases leases, ReplicaName replica, IObjectStore store,
    ObjectStorageOptions buckets, TimeProvider time, ILogger<LedgerStamps> logger) : BackgroundService, IReadinessDetail
{
    public const string Component = "ledger-stamps";

    private const int RetentionDays = 10 * 366;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PauseCeiling = TimeSpan.FromMinutes(10);
    private long? _failingSince;
    private long _failedAt;
    private TimeSpan _pause;
    private volatile bool _isStalled;

    public string Name => Component;

    public bool IsWell => !_isStalled;

    /// <summary>Stamps what is due, and stores what is stamped. Returns how many heads were stamped.</summary>
    /// <exception cref="TimestampRefusedException">The authority's answer is not one to keep.</exception>
    public async Task<int> LookAsync(CancellationToken cancellation)
    {
        if (await leases.TryAcquireAsync(Component, replica.Instance, LeaseTime, cancellation) is not { } lease) return 0;
        await StoreAsync(cancellation);
        var newest = await StampQueries.NewestAsync(database, cancellation);
        if (newest is { } us && time.GetUnixMicroseconds() - us < options.Period.TotalMicroseconds) return 0;
        var heads = await StampQueries.UnstampedHeadsAsync(database, cancellation);
        if (heads.Count == 0) return 0;
        var stamped = await StampAsync(heads, lease, cancellation);
        await StoreAsync(cancellation);
        return stamped;
    }

    public override void Dispose()
    {
        authority.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (_failingSince is null || time.GetElapsedTime(_failedAt) >= _pause)
                {
                    await LookAsync(stoppingToken);
                    if (_failingSince is not null) logger.StampsWorkAgain();
                    _failingSince = null;
                    _isStalled = false;
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Fail(exception);
            }

            await Task.Delay(LookPeriod, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Fail(Exception exception)
    {
        _failedAt = time.GetTimestamp();
        _pause = _failingSince is null ? FirstPause : TimeSpan.FromTicks(Math.Min(2 * _pause.Ticks, PauseCeiling.Ticks));
        if (_failingSince is null) logger.StampFailed(exception);
        _failingSince ??= _failedAt;
        _isStalled = time.GetElapsedTime(_failingSince.Value) >= options.StallAfter;
    }

    private async Task<int> StampAsync(IReadOnlyList<CheckpointRow> heads, Lease lease, CancellationToken cancellation)
    {
        // In the order of digests: a place among them tells nothing of names.
        var leaves = heads.Select(head => (Head: head, Hash: LedgerStamp.LeafHash(head.Jws))).OrderBy(leaf => Convert.ToHexStringLower(leaf.Hash), StringComparer.Ordinal).ToList();
        var tree = new HeadTree([.. leaves.Select(leaf => leaf.Hash)]);
        var asked = time.GetUnixMicroseconds();
        var token = await authority.StampAsync(tree.Root(), cancellation);
        await database.TransactAsync(
            async transaction =>
            {
                if (!await leases.HoldsAsync(transaction, lease.Name, lease.Epoch)) throw new InvalidOperationException($"the lease of {Component} is lost");
                for (var i = 0; i < leaves.Count; i++)
                {
                    var row = Row(leaves[i].Head, i, leaves.Count, tree.Path(i), token, asked);
                    await StampQueries.InsertAsync(transaction, row);
                    await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.LedgerStamped, Data(leaves[i].Head, token));
                }
            },
            cancellation);
        logger.Stamped(leaves.Count, token.GenTime);
        return leaves.Count;
    }

    private static StampRow Row(CheckpointRow head, int index, int count, IReadOnlyList<byte[]> path, TimestampToken token, long asked) => new()
    {
        Organisation = head.Organisation,
        Size = head.Size,
        Jws = head.Jws,
        LeafIndex = index,
        LeafCount = count,
        Path = string.Join(',', path.Select(Convert.ToHexStringLower)),
        Token = token.Encoded,
        GenTimeUs = token.GenTime.ToUnixMicroseconds(),
        StampedUs = asked,
    };

    private static JsonObject Data(CheckpointRow head, TimestampToken token) => new()
    {
        ["size"] = head.Size,
        ["root"] = head.Root,
        ["gen_time_us"] = token.GenTime.ToUnixMicroseconds(),
        ["policy"] = token.Policy,
        ["token_sha256"] = Digests.Hex(token.Encoded),
    };

    private async Task StoreAsync(CancellationToken cancellation)
    {
        foreach (var row in await StampQueries.UnstoredAsync(database, 100, cancellation))
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{row.Organisation}/stamps/{row.Size:D16}.json");
            var retention = new Retention(RetentionMode.Compliance, RowClock.FromUnixMicroseconds(row.StampedUs).AddDays(RetentionDays));
            try
            {
                await store.PutIfAbsentAsync(buckets.EvidenceBucket, key, row.ToStamp().Encode(), retention, cancellation);
            }
            catch (ObjectAlreadyExistsException)
            {
                // Put before, though the answer or the row was lost.
            }

            await StampQueries.StoredAsync(database, row.Organisation, row.Size, cancellation);
        }
    }
}
