using System.Text;
using Grpc.Core;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>LedgerService as an auditor's own program uses it: nothing is believed that the proofs do not show.</summary>
[Trait("Kind", "Real")]
[Collection(AuthorizationWorld.Collection)]
public sealed class ContractLedgerTests(AuthorizationWorld world)
{
    [Fact]
    public async Task Ledger_ReadOverGrpc_ProvesEveryLeafAndEveryEarlierHead()
    {
        var headers = await world.Relay.AsAsync("anton");
        var first = await world.Relay.Ledger.GetCheckpointAsync(new(), headers);
        await world.Relay.Recordings.GetAsync(new() { SessionId = world.SessionOf["olivia"], Purpose = "makes the ledger grow" }, headers);
        var head = await world.Relay.Ledger.GetCheckpointAsync(new() { AtLeastSize = first.TreeSize + 1 }, headers);
        Assert.True(head.TreeSize > first.TreeSize);

        var leaves = new MerkleFrontier();
        for (var i = 0L; i < head.TreeSize; i++)
        {
            var proof = await world.Relay.Ledger.GetInclusionProofAsync(new() { LeafIndex = i, TreeSize = head.TreeSize }, headers);
            var leaf = LedgerLeaf.Parse(proof.Leaf.Memory, $"leaf {i}");
            Assert.Equal((i, "acme"), (leaf.Sequence, leaf.Organisation));
            Assert.True(MerkleProof.VerifyInclusion(i, head.TreeSize, MerkleHash.Leaf(proof.Leaf.Span), Hashes(proof.Path), head.RootHash.Span));
            leaves.Append(MerkleHash.Leaf(proof.Leaf.Span));
        }

        Assert.Equal(leaves.Root(), head.RootHash.ToByteArray());
        var consistency = await world.Relay.Ledger.GetConsistencyProofAsync(new() { FirstSize = first.TreeSize, SecondSize = head.TreeSize }, headers);
        Assert.True(MerkleProof.VerifyConsistency(first.TreeSize, head.TreeSize, first.RootHash.Span, head.RootHash.Span, Hashes(consistency.Path)));
    }

    [Fact]
    public async Task Tail_OverGrpc_BrokenOffAndResumed_LeadsToTheSignedRoot()
    {
        var headers = await world.Relay.AsAsync("anton");
        var head = await world.Relay.Ledger.GetCheckpointAsync(new(), headers);
        var leaves = new MerkleFrontier();
        while (leaves.Size < head.TreeSize)
        {
            using var call = world.Relay.Ledger.Tail(new() { FromSequence = leaves.Size, Follow = true }, headers);
            for (var read = 0; read < 7 && leaves.Size < head.TreeSize; read++)
            {
                Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
                var message = call.ResponseStream.Current;
                var leaf = LedgerLeaf.Parse(message.Leaf.Memory, "a leaf");
                Assert.Equal((leaves.Size, leaf.Sequence, leaf.Id, leaf.Type), (message.Sequence, message.Sequence, message.EventId, message.Type));
                Assert.Equal(MerkleHash.Leaf(message.Leaf.Span), message.LeafHash.ToByteArray());
                leaves.Append(message.LeafHash.ToByteArray());
            }
        }

        Assert.Equal(head.RootHash.ToByteArray(), leaves.Root());
    }

    [Fact]
    public async Task Checkpoint_OverGrpc_IsSignedByTheOrganisationsOwnKey()
    {
        var acme = await world.Relay.Ledger.GetCheckpointAsync(new(), await world.Relay.AsAsync("anton"));
        var globex = await world.Relay.Ledger.GetCheckpointAsync(new(), await world.Relay.AsAsync("gus", throughGateway: false));

        foreach (var (organisation, answer) in new[] { ("acme", acme), ("globex", globex) })
        {
            var checkpoint = Checkpoint.Parse(Encoding.ASCII.GetBytes(answer.Checkpoint), "a checkpoint");
            var history = KeyHistory.Parse(
                await File.ReadAllBytesAsync(Path.Combine(world.Relay.Data, "keys", organisation, "history.jws"), TestContext.Current.CancellationToken), "a history");
            Assert.Equal((organisation, answer.TreeSize), (checkpoint.Organisation, checkpoint.Size));
            Assert.Equal(Convert.ToHexStringLower(answer.RootHash.Span), checkpoint.Root);
            Assert.Contains(history.Keys, key => checkpoint.Jws.IsSignedBy(key.Key));
        }

        Assert.NotEqual(acme.RootHash, globex.RootHash);
    }

    [Fact]
    public async Task Ledger_AskedBeyondItsSize_SaysWhichFieldIsWrong()
    {
        var headers = await world.Relay.AsAsync("anton");
        var size = (await world.Relay.Ledger.GetCheckpointAsync(new(), headers)).TreeSize;
        (string Field, Func<Task> Call)[] calls =
        [
            ("tree_size", async () => await world.Relay.Ledger.GetInclusionProofAsync(new() { LeafIndex = 0, TreeSize = size + 1_000 }, headers)),
            ("tree_size", async () => await world.Relay.Ledger.GetInclusionProofAsync(new() { LeafIndex = 0, TreeSize = 0 }, headers)),
            ("leaf_index", async () => await world.Relay.Ledger.GetInclusionProofAsync(new() { LeafIndex = size, TreeSize = size }, headers)),
            ("leaf_index", async () => await world.Relay.Ledger.GetInclusionProofAsync(new() { LeafIndex = -1, TreeSize = size }, headers)),
            ("second_size", async () => await world.Relay.Ledger.GetConsistencyProofAsync(new() { FirstSize = 1, SecondSize = long.MaxValue }, headers)),
            ("first_size", async () => await world.Relay.Ledger.GetConsistencyProofAsync(new() { FirstSize = 0, SecondSize = size }, headers)),
            ("first_size", async () => await world.Relay.Ledger.GetConsistencyProofAsync(new() { FirstSize = size, SecondSize = size - 1 }, headers)),
        ];
        foreach (var (field, call) in calls)
        {
            var exception = await Assert.ThrowsAsync<RpcException>(call);
            var info = Google.Rpc.Status.Parser.ParseFrom(exception.Trailers.GetValueBytes("grpc-status-details-bin")).Details[0].Unpack<Google.Rpc.ErrorInfo>();
            Assert.Equal((StatusCode.InvalidArgument, field), (exception.StatusCode, info.Metadata["field"]));
        }
    }

    [Fact]
    public void EventTable_OfTheFormat_ListsEveryTypeInOrder() => Assert.Equal(LedgerEventTypes.All, LedgerEventTable.Types);

    [Fact]
    public async Task SignIns_OfTheseTests_AreLedgeredOnceForEachSession()
    {
        await world.Relay.Ledger.GetCheckpointAsync(new(), await world.Relay.AsAsync("anton"));

        var signedIn = await ContractLeaves.WaitAsync(world.Relay, "acme", LedgerEventTypes.SubjectSignedIn, 2);

        Assert.Equal(signedIn.Count, signedIn.Select(leaf => $"{leaf.Data.Object("subject").String("sub")} {leaf.Data.Element.GetProperty("sid_sha256")} {leaf.Data.Element.GetProperty("client")}").Distinct().Count());
    }

    private static IReadOnlyList<byte[]> Hashes(IEnumerable<Google.Protobuf.ByteString> path) => [.. path.Select(hash => hash.ToByteArray())];
}
