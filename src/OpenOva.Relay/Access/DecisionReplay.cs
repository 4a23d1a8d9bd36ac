using System.Runtime.CompilerServices;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay.Access;

/// <summary>One decision that came out otherwise than the ledger says, or cannot be decided again.</summary>
internal sealed record ReplayedOtherwise(string Decision, long Sequence, string Recorded, string Replayed);

/// <summary>What a replay found.</summary>
internal sealed record ReplaySummary(long Decisions, long Agreed, IReadOnlyList<ReplayedOtherwise> Otherwise);

/// <summary>Decides every recorded decision again, by the inputs that the ledger has of it and the policies as the ledger had them.</summary>
internal sealed class DecisionReplay(RelayDatabase database)
{
    private const int PageRows = 1_000;
    private const int MostNamed = 1_000;

    public async Task<ReplaySummary> RunAsync(string organisation, CancellationToken cancellation)
    {
        var policies = new Dictionary<string, EnvironmentPolicy>(StringComparer.Ordinal);
        var otherwise = new List<ReplayedOtherwise>();
        var (decisions, agreed) = (0L, 0L);
        var size = await LedgerQueries.SizeAsync(database, organisation, cancellation);
        // All policies first: one that was taken into use while its event could not be written stands behind the decisions it was part of.
        await foreach (var leaf in LeavesAsync(organisation, LedgerEventTypes.PolicyChanged, size, cancellation)) Learn(policies, leaf);
        await foreach (var leaf in LeavesAsync(organisation, LedgerEventTypes.AccessDecided, size, cancellation))
        {
            decisions++;
            if (Replay(leaf, policies) is not { } found) agreed++;
            else if (otherwise.Count < MostNamed) otherwise.Add(found);
        }

        return new ReplaySummary(decisions, agreed, otherwise);
    }

    private async IAsyncEnumerable<LedgerLeaf> LeavesAsync(string organisation, string type, long size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var next = 0L;
        while (next < size && await LedgerQueries.LeavesAsync(database, organisation, next, size, PageRows, cancellation) is { Count: > 0 } page)
        {
            foreach (var row in page)
            {
                next = row.Seq + 1;
                if (LedgerLeaf.Parse(row.Leaf, $"leaf {row.Seq}") is var leaf && leaf.Type == type) yield return leaf;
            }
        }
    }

    // A policy that this build cannot read is not known: the decisions that rested on it say so.
    private static void Learn(Dictionary<string, EnvironmentPolicy> policies, LedgerLeaf leaf)
    {
        try
        {
            if (!leaf.Data.Has("specification")) return;
            var policy = PolicySpecificationReader.Read(leaf.Data.Object("specification"));
            policies[policy.Digest] = policy;
        }
        catch (EvidenceFormatException)
        {
            // As above.
        }
    }

    private static ReplayedOtherwise? Replay(LedgerLeaf leaf, Dictionary<string, EnvironmentPolicy> policies)
    {
        var (decision, recorded) = (leaf.Data.String("decision"), leaf.Data.String("reason"));
        try
        {
            var verdict = AccessPolicy.Evaluate(AccessRecord.ReadInputs(leaf.Data, policies.GetValueOrDefault));
            var replayed = verdict.Reason.Name();
            return replayed == recorded && verdict.IsAllowed == leaf.Data.Boolean("allowed") && AccessRecord.SameTerms(leaf.Data, verdict)
                ? null
                : new ReplayedOtherwise(decision, leaf.Sequence, recorded, replayed == recorded ? "other terms" : replayed);
        }
        catch (EvidenceFormatException exception)
        {
            return new ReplayedOtherwise(decision, leaf.Sequence, recorded, exception.Message);
        }
    }
}
