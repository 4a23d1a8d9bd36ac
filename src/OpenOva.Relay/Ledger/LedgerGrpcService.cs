using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Ledger;

/// <summary>The door of <c>openova.relay.v1.LedgerService</c>.</summary>
internal sealed class LedgerGrpcService(LedgerCheckpoints checkpoints, LedgerTail tail, RelayDatabase database) : LedgerService.LedgerServiceBase
{
    [Allow(CallerRoles.Auditor | CallerRoles.Job)]
    public override async Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context)
    {
        if (request.AtLeastSize < 0) throw RelayException.InvalidField("at_least_size");
        var checkpoint = await checkpoints.RecentAsync(context.Callers().Caller.Organisation, request.AtLeastSize, context.CancellationToken);
        return new() { Checkpoint = checkpoint.Jws.Compact, TreeSize = checkpoint.Size, RootHash = ByteString.CopyFrom(Convert.FromHexString(checkpoint.Root)) };
    }

    [Allow(CallerRoles.Auditor | CallerRoles.Job)]
    public override async Task<GetInclusionProofResponse> GetInclusionProof(GetInclusionProofRequest request, ServerCallContext context)
    {
        var organisation = context.Callers().Caller.Organisation;
        await GuardSizeAsync(organisation, request.TreeSize, "tree_size", context.CancellationToken);
        if (request.LeafIndex < 0 || request.LeafIndex >= request.TreeSize) throw RelayException.InvalidField("leaf_index");
        var path = await checkpoints.InclusionAsync(organisation, request.LeafIndex, request.TreeSize, context.CancellationToken);
        var leaf = await LedgerQueries.LeavesAsync(database, organisation, request.LeafIndex, request.LeafIndex + 1, 1, context.CancellationToken);
        return new() { Leaf = ByteString.CopyFrom(leaf[0].Leaf), Path = { path.Select(hash => ByteString.CopyFrom(hash)) } };
    }

    [Allow(CallerRoles.Auditor | CallerRoles.Job)]
    public override async Task<GetConsistencyProofResponse> GetConsistencyProof(GetConsistencyProofRequest request, ServerCallContext context)
    {
        var organisation = context.Callers().Caller.Organisation;
        await GuardSizeAsync(organisation, request.SecondSize, "second_size", context.CancellationToken);
        if (request.FirstSize < 1 || request.FirstSize > request.SecondSize) throw RelayException.InvalidField("first_size");
        var path = await checkpoints.ConsistencyAsync(organisation, request.FirstSize, request.SecondSize, context.CancellationToken);
        return new() { Path = { path.Select(hash => ByteString.CopyFrom(hash)) } };
    }

    [Allow(CallerRoles.Auditor | CallerRoles.Job)]
    public override async Task Tail(TailRequest request, IServerStreamWriter<TailResponse> responseStream, ServerCallContext context)
    {
        await foreach (var row in tail.ReadAsync(context.Callers().Caller, request.FromSequence, request.Follow, context.CancellationToken))
        {
            await responseStream.WriteAsync(
                new TailResponse
                {
                    Sequence = row.Seq,
                    Leaf = UnsafeByteOperations.UnsafeWrap(row.Leaf),
                    LeafHash = UnsafeByteOperations.UnsafeWrap(MerkleHash.Leaf(row.Leaf)),
                    EventId = row.Id,
                    Type = row.Type,
                },
                context.CancellationToken);
        }
    }

    private async Task GuardSizeAsync(string organisation, long size, string field, CancellationToken cancellation)
    {
        if (size < 1 || size > await LedgerQueries.SizeAsync(database, organisation, cancellation)) throw RelayException.InvalidField(field);
    }
}
