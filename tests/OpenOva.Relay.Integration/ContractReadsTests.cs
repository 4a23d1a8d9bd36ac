using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>Reading recordings: never one's own, never without a purpose, never without a trace.</summary>
[Trait("Kind", "Fast")]
[Collection(AuthorizationWorld.Collection)]
public sealed class ContractReadsTests(AuthorizationWorld world)
{
    private static readonly string[] Reads = ["Get", "Stream", "Verify"];

    [Fact]
    public async Task Read_OfOnesOwnRecording_IsDeniedWhateverElseHeIs()
    {
        var before = await ViewsAsync();
        var headers = await world.Relay.AsAsync("otto");
        foreach (var call in Reads)
            Assert.Equal(CallOutcome.Denied, (await AuthorizationCalls.MakeAsync(world.Relay, Route(call), headers, world.SessionOf["otto"])).Outcome);
        Assert.Equal(before.Count, (await ViewsAsync()).Count);

        foreach (var call in Reads)
            Assert.Equal(CallOutcome.Allowed, (await AuthorizationCalls.MakeAsync(world.Relay, Route(call), headers, world.SessionOf["olivia"])).Outcome);
        Assert.Equal(before.Count + Reads.Length, (await ViewsAsync()).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    [InlineData(-1)]
    public async Task Read_WithoutAUsablePurpose_IsRefused(int length)
    {
        var purpose = length < 0 ? "a\0b" : new string('x', length);
        var headers = await world.Relay.AsAsync("anton");
        var before = await ViewsAsync();

        var get = await Assert.ThrowsAsync<RpcException>(() => world.Relay.Recordings.GetAsync(new() { SessionId = world.SessionOf["olivia"], Purpose = purpose }, headers).ResponseAsync);
        var verify = await Assert.ThrowsAsync<RpcException>(() => world.Relay.Recordings.VerifyAsync(new() { SessionId = world.SessionOf["olivia"], Purpose = purpose }, headers).ResponseAsync);
        var stream = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(new() { SessionId = world.SessionOf["olivia"], Purpose = purpose, Part = RecordingPart.Index }, headers));

        Assert.All(new[] { get, verify, stream }, exception => Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode));
        Assert.Equal(before.Count, (await ViewsAsync()).Count);
    }

    [Fact]
    public async Task Read_Ledgered_NamesReaderPartAndCommitsToThePurpose()
    {
        var purpose = "incident 4711 of Ms Lovelace";
        await ReadAsync(new() { SessionId = world.SessionOf["olivia"], Purpose = purpose, Part = RecordingPart.Manifest }, await world.Relay.AsAsync("anton"));

        var view = (await ViewsAsync())[^1];
        var kept = await Database.QuerySingleOrDefaultAsync<ViewRow>(
            "SELECT issuer, subject, part, salt, purpose FROM recording_views WHERE purpose = @purpose", new { purpose }, TestContext.Current.CancellationToken);
        Assert.Equal(world.SessionOf["olivia"], view.Data.String("session"));
        Assert.Equal("manifest", view.Data.String("part"));
        Assert.Equal(kept!.Subject, view.Data.Object("subject").String("sub"));
        Assert.Equal(Digests.Commitment(kept.Salt, purpose), view.Data.String("purpose"));
        Assert.DoesNotContain("Lovelace", view.Data.Element.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ThatCannotBeLedgered_YieldsNoByte()
    {
        var headers = await world.Relay.AsAsync("anton");
        await Database.ExecuteAsync("ALTER TABLE ledger_staged RENAME TO ledger_staged_gone", null, TestContext.Current.CancellationToken);
        try
        {
            using var call = world.Relay.Recordings.Stream(new() { SessionId = world.SessionOf["olivia"], Purpose = "a test", Part = RecordingPart.Recording }, headers);
            await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            await Assert.ThrowsAsync<RpcException>(() => world.Relay.Recordings.GetAsync(new() { SessionId = world.SessionOf["olivia"], Purpose = "a test" }, headers).ResponseAsync);
        }
        finally
        {
            await Database.ExecuteAsync("ALTER TABLE ledger_staged_gone RENAME TO ledger_staged", null, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Stream_OfARange_YieldsItsBytes()
    {
        var (headers, session) = (await world.Relay.AsAsync("rita"), world.SessionOf["olivia"]);
        RecordingServiceStreamRequest Part(long offset, long length) =>
            new() { SessionId = session, Purpose = "a test", Part = RecordingPart.Manifest, Offset = offset, Length = length };
        var whole = await ReadAsync(Part(0, 0), headers);

        Assert.Equal(whole[5..15], await ReadAsync(Part(5, 10), headers));
        Assert.Equal(whole[5..], await ReadAsync(Part(5, 0), headers));
        Assert.Equal(whole[..10], await ReadAsync(Part(0, 10), headers));
        Assert.Equal(whole[^3..], await ReadAsync(Part(whole.Length - 3, 100), headers));
        foreach (var request in new[] { Part(whole.Length + 1, 1), Part(-1, 0), Part(0, -1) })
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(request, headers))).StatusCode);
    }

    private RelayDatabase Database => world.Relay.Services.GetRequiredService<RelayDatabase>();

    private static string Route(string call) => $"/openova.relay.v1.RecordingService/{call}";

    private Task<IReadOnlyList<LedgerLeaf>> ViewsAsync() => ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.RecordingViewed);

    private async Task<string> ReadAsync(RecordingServiceStreamRequest request, Metadata headers)
    {
        using var call = world.Relay.Recordings.Stream(request, headers);
        var text = new StringBuilder();
        await foreach (var piece in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken)) text.Append(Encoding.Latin1.GetString(piece.Data.Span));
        return text.ToString();
    }

    private sealed class ViewRow
    {
        public string Subject { get; init; } = "";

        public byte[] Salt { get; init; } = [];
    }
}
