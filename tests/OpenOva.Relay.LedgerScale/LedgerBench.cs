using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.LedgerScale;

/// <summary>One organisation's ledger in a schema of its own, grown and proved as the service does it.</summary>
internal sealed class LedgerBench : IAsyncDisposable
{
    private const string Organisation = "acme";
    private const int Writers = 16;
    private static readonly TimeProvider Time = TimeProvider.System;
    private readonly string _server;
    private readonly string _schema;
    private readonly string _folder;
    private readonly RelayDatabase _database;
    private readonly LedgerSignal _signal = new();
    private readonly LedgerStage _stage;
    private readonly LedgerSequencer _sequencer;
    private readonly OrganisationKeys _keys;
    private readonly DirectoryObjectStore _store;
    private readonly LedgerCheckpoints _checkpoints;

    private LedgerBench(string server, string schema, string folder)
    {
        (_server, _schema, _folder) = (server, schema, folder);
        var postgres = new NpgsqlConnectionStringBuilder(server) { SearchPath = schema, MaxPoolSize = 40 }.ToString();
        _database = new RelayDatabase(new DatabaseOptions { Postgres = postgres }, folder, Time);
        _stage = new LedgerStage(new EventIds(Time), Time, _signal);
        _sequencer = new LedgerSequencer(_database, new Leases(_database), _signal, ReplicaName.Create("bench", Time), NullLogger<LedgerSequencer>.Instance);
        _keys = new OrganisationKeys(Path.Combine(folder, "keys"), _database, _stage, Time, NullLogger<OrganisationKeys>.Instance);
        var buckets = new ObjectStorageOptions();
        _store = new DirectoryObjectStore(Path.Combine(folder, "objects"), buckets.Buckets, Time);
        _checkpoints = new LedgerCheckpoints(_database, _stage, _sequencer, _keys, _store, buckets, Time, NullLogger<LedgerCheckpoints>.Instance);
    }

    /// <summary>What an auditor has.</summary>
    public Reliance Reliance { get; private set; } = new();

    public static async Task<LedgerBench> CreateAsync(string server, string folder)
    {
        Directory.CreateDirectory(folder);
        var schema = $"scale_{Time.NewRowId().Replace("-", "", StringComparison.Ordinal)}";
        await AdministerAsync(server, $"CREATE SCHEMA {schema}");
        var bench = new LedgerBench(server, schema, folder);
        await new DatabaseMigrator(bench._database, NullLogger<DatabaseMigrator>.Instance).MigrateAsync(CancellationToken.None);
        bench.Reliance = new Reliance { Fingerprint = (await bench._keys.OfAsync(Organisation, CancellationToken.None)).History.Fingerprint };
        return bench;
    }

    /// <summary>The same rows by the driver alone, without a tree: one INSERT a row and transaction, and COPY.</summary>
    public async Task MeasureCeilingAsync(int rows)
    {
        await AdministerAsync(_server, $"CREATE TABLE {_schema}.plain (id BIGINT PRIMARY KEY, type TEXT NOT NULL, time_us BIGINT NOT NULL, data BYTEA NOT NULL)");
        var data = Evidence.Json.CanonicalJson.Encode(Data(0));
        var next = 0L;
        var inserts = Time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            await using var connection = new NpgsqlConnection(_server);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"INSERT INTO {_schema}.plain VALUES ($1, 'session.connected', $1, $2)", connection) { Parameters = { new() { NpgsqlDbType = NpgsqlDbType.Bigint }, new() { Value = data } } };
            await command.PrepareAsync();
            for (var id = Interlocked.Increment(ref next); id <= rows / 10; id = Interlocked.Increment(ref next))
            {
                command.Parameters[0].Value = id;
                await command.ExecuteNonQueryAsync();
            }
        })));
        Report("plain INSERTs, one a transaction, 16 connections", rows / 10, Time.GetElapsedTime(inserts));

        var copy = Time.GetTimestamp();
        await using var copying = new NpgsqlConnection(_server);
        await copying.OpenAsync();
        await using (var writer = await copying.BeginBinaryImportAsync($"COPY {_schema}.plain FROM STDIN (FORMAT BINARY)"))
        {
            for (var id = (long)rows; id < 2L * rows; id++) await writer.WriteRowAsync(CancellationToken.None, id, "session.connected", id, data);
            await writer.CompleteAsync();
        }

        Report("COPY, one connection", rows, Time.GetElapsedTime(copy));
    }

    /// <summary>Stages and numbers events at the same time, as a busy service does; each event in the transaction of a state change of its own.</summary>
    /// <returns>Events a second, from the first to be staged to the last to be numbered and hashed.</returns>
    public async Task<double> AppendAsync(int events)
    {
        var begun = Time.GetTimestamp();
        var next = 0;
        using var staged = new CancellationTokenSource();
        var numbering = Task.Run(async () =>
        {
            while (!staged.IsCancellationRequested) await _sequencer.SequenceAsync(CancellationToken.None);
        });
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (var n = Interlocked.Increment(ref next); n <= events; n = Interlocked.Increment(ref next))
                await _database.TransactAsync(transaction => _stage.AddAsync(transaction, Organisation, LedgerEventTypes.SessionConnected, Data(n)));
        })));
        var stagedAfter = Time.GetElapsedTime(begun);
        await staged.CancelAsync();
        await numbering;
        await _sequencer.SettleAsync(Organisation, CancellationToken.None);
        var size = await LedgerQueries.SizeAsync(_database, Organisation, CancellationToken.None);
        Report($"staged by {Writers} writers, one event a transaction", events, stagedAfter);
        var took = Time.GetElapsedTime(begun);
        Report("appended end to end, numbered and hashed", (int)size, took);
        var head = Time.GetTimestamp();
        var made = await _checkpoints.MakeAsync(Organisation, CancellationToken.None);
        Tell($"head over {made.Size:n0} leaves signed in {Time.GetElapsedTime(head).TotalMilliseconds:f1} ms");
        return size / took.TotalSeconds;
    }

    /// <summary>Proves leaves at random; returns the milliseconds within which 99 of a hundred were.</summary>
    public async Task<double> ProveAsync(int proofs)
    {
        var head = await _checkpoints.MakeAsync(Organisation, CancellationToken.None);
        var root = Convert.FromHexString(head.Root);
        var random = new Random(1);
        var times = new List<double>(proofs);
        for (var n = 0; n < proofs; n++)
        {
            var leaf = random.NextInt64(head.Size);
            var begun = Time.GetTimestamp();
            var path = await _checkpoints.InclusionAsync(Organisation, leaf, head.Size, CancellationToken.None);
            times.Add(Time.GetElapsedTime(begun).TotalMilliseconds);
            if (n % 100 != 0) continue;
            var row = await LedgerQueries.LeavesAsync(_database, Organisation, leaf, leaf + 1, 1, CancellationToken.None);
            if (!MerkleProof.VerifyInclusion(leaf, head.Size, MerkleHash.Leaf(row[0].Leaf), path, root)) throw new InvalidOperationException($"leaf {leaf} is not proved");
        }

        times.Sort();
        Tell($"inclusion proofs at {head.Size:n0} leaves: median {times[proofs / 2]:f2} ms, p99 {times[proofs * 99 / 100]:f2} ms, worst {times[^1]:f2} ms");
        return times[proofs * 99 / 100];
    }

    public async Task<string> ExportAsync()
    {
        var path = Path.Combine(_folder, "ledger.jsonl");
        var begun = Time.GetTimestamp();
        await using (var file = File.Create(path, 1 << 20))
            await new LedgerFile(_database).WriteAsync(file, (await _keys.OfAsync(Organisation, CancellationToken.None)).History, CancellationToken.None);
        Tell($"exported {new FileInfo(path).Length >> 20} MiB in {Time.GetElapsedTime(begun).TotalSeconds:f1} s");
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        _checkpoints.Dispose();
        _keys.Dispose();
        _store.Dispose();
        _sequencer.Dispose();
        _signal.Dispose();
        await _database.DisposeAsync();
        await AdministerAsync(_server, $"DROP SCHEMA {_schema} CASCADE");
    }

    private static JsonObject Data(int n) => new() { ["session"] = $"0195a0b1-c2d3-7000-8000-{n / 8:x12}", ["epoch"] = 1, ["replica"] = "relay-0", ["connection"] = "core-banking-bastion" };

    private static async Task AdministerAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static void Report(string what, int count, TimeSpan took) => Tell($"{what}: {count:n0} in {took.TotalSeconds:f1} s, {count / took.TotalSeconds:n0}/s");

    private static void Tell(string line) => Scale.Tell(line);
}
