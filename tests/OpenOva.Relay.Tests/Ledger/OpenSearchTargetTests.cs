using System.Text;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>The ledger as a SIEM has it, whatever it answers meanwhile.</summary>
[Trait("Kind", "Fast")]
public sealed class OpenSearchTargetTests() : LedgerFixture(TestDatabaseKind.Sqlite)
{
    private readonly ManualTime _clock = new();
    private readonly RelayMetrics _metrics = new();
    private readonly string _secrets = Directory.CreateTempSubdirectory("relay-siem-").FullName;
    private FakeOpenSearch _search = null!;

    protected override async Task SetUpAsync() => _search = await FakeOpenSearch.StartAsync();

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        await _search.DisposeAsync();
        _metrics.Dispose();
        Directory.Delete(_secrets, recursive: true);
    }

    [Fact]
    public async Task Leaves_Exported_CanBeVerifiedFromTheSiemAlone()
    {
        await NumberedAsync(250);

        await PumpUntilAsync(250);

        var leaves = await LeavesAsync("acme");
        Assert.Equal(leaves.Select(leaf => $"acme-{leaf.Sequence}"), _search.Created);
        foreach (var ((index, id), document) in _search.Documents)
        {
            // What a reader of the SIEM does: canonical JSON of the event, hashed as a leaf.
            var canonical = CanonicalJson.Encode(document.GetProperty("event"));
            var leaf = LedgerLeaf.Parse(canonical, "a leaf");
            Assert.Equal(document.GetProperty("hash").GetString(), Convert.ToHexStringLower(MerkleHash.Leaf(canonical)));
            Assert.Equal(($"relay-acme-{DateTimeOffset.UnixEpoch.AddMicroseconds(leaf.TimeUs):yyyy.MM}", $"acme-{leaf.Sequence}"), (index, id));
            Assert.Equal(leaf.TimeUs, (document.GetProperty("@timestamp").GetDateTimeOffset() - DateTimeOffset.UnixEpoch).Ticks / 10);
        }
    }

    [Fact]
    public async Task Head_Exported_IsARecordOfItsOwn()
    {
        await NumberedAsync(1);
        await Db.TransactAsync(transaction => LedgerQueries.InsertCheckpointAsync(transaction, "acme", 1, new string('0', 64), 1_763_821_808_123_456, "a.b.c"), Cancellation);

        await PumpUntilAsync(2);

        var head = _search.Documents[("relay-acme-2025.11", "acme-head-1")];
        Assert.Equal(("head", "acme", 1, "a.b.c"), (head.GetProperty("kind").GetString(), head.GetProperty("organisation").GetString(), head.GetProperty("size").GetInt32(), head.GetProperty("checkpoint").GetString()));
    }

    [Theory]
    [InlineData(429, "rejected_execution_exception")]
    [InlineData(503, "unavailable_shards_exception")]
    [InlineData(400, "mapper_parsing_exception")]
    public async Task Item_Refused_IsSentAgainAndNothingIsLost(int status, string type)
    {
        await NumberedAsync(20);
        _search.Planned["acme-7"] = new([(status, type), (status, type)]);

        await PumpUntilAsync(20);

        Assert.Equal(20, _search.Documents.Count);
        Assert.Equal(2 * 12, _search.Repeats);
    }

    [Fact]
    public async Task Item_RefusedForGood_StallsBeforeItAndSaysWhy()
    {
        await NumberedAsync(5);
        _search.Planned["acme-2"] = new(Enumerable.Repeat((400, "mapper_parsing_exception"), 100));
        await using var target = Target();

        var outcome = await target.SendAsync((await new ExportReader(Db, withLeaves: true).ReadAsync("acme", default, Cancellation)).Select(item => item.Record).ToList(), Cancellation);

        Assert.Equal(new ExportOutcome(2, "status 400 mapper_parsing_exception"), outcome);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(401)]
    [InlineData(0)]
    public async Task Request_Failed_IsSentAgain(int status)
    {
        await NumberedAsync(20);
        _search.PlannedRequests.Enqueue(status);

        await PumpUntilAsync(20);

        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"acme-{n}"), _search.Created);
        Assert.Equal(status == 0 ? 20 : 0, _search.Repeats);
    }

    [Fact]
    public async Task Credentials_InFiles_AreReadForEachRequest()
    {
        var file = Path.Combine(_secrets, "token");
        await NumberedAsync(1);
        var records = (await new ExportReader(Db, withLeaves: true).ReadAsync("acme", default, Cancellation)).Select(item => item.Record).ToList();
        await using var token = new OpenSearchTarget(new ExportOptions { Url = _search.Url, TokenFile = file, TokenScheme = "ApiKey" });
        await using var basic = new OpenSearchTarget(new ExportOptions { Url = _search.Url, User = "relay", PasswordFile = file });
        foreach (var secret in (string[])["one", "two"])
        {
            await File.WriteAllTextAsync(file, secret + "\n", Cancellation);
            await token.SendAsync(records, Cancellation);
            await basic.SendAsync(records, Cancellation);
        }

        Assert.Equal(["ApiKey one", Basic("relay:one"), "ApiKey two", Basic("relay:two")], _search.Authorizations);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"items":[]}""")]
    [InlineData("""{"items":[{"create":{"status":201}}]}""")]
    [InlineData("""{"items":[{"create":{"status":"201"}},{"create":{"status":201}}]}""")]
    [InlineData("""{"items":[{},{"create":{"status":201}}]}""")]
    [InlineData("""{"items":[7,{"create":{"status":201}}]}""")]
    public void Answer_OfAnotherForm_IsNoArrival(string answer)
    {
        var outcome = OpenSearchTarget.Read(Encoding.UTF8.GetBytes(answer), 2);

        Assert.Equal(0, outcome.Sent);
        Assert.NotNull(outcome.Failure);
    }

    private static string Basic(string text) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}";

    private OpenSearchTarget Target() => new(new ExportOptions { Url = _search.Url });

    private async Task PumpUntilAsync(int records)
    {
        await using var target = Target();
        var pump = ExportRig.Pump(Db, target, _clock, _metrics);
        while (_search.Documents.Count < records || (await ExportQueries.PositionsAsync(Db, ExportRig.Component, Cancellation)).Any(row => row.NextSeq < row.Size))
        {
            await ExportRig.DrainAsync(pump, Cancellation);
            _clock.Advance(TimeSpan.FromSeconds(5));
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    private async Task NumberedAsync(int count)
    {
        await StageAsync("acme", count);
        await Sequencer("a").SequenceAsync(Cancellation);
    }
}
