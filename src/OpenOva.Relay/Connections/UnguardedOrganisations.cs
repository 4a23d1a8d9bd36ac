namespace OpenOva.Relay.Connections;

/// <summary>The organisations that a policy is missing of, because its document is not taken and no earlier version of it is in use.</summary>
internal sealed class UnguardedOrganisations
{
    private readonly HashSet<string> _organisations = new(StringComparer.Ordinal);
    private bool _all;

    /// <summary>Notes what a problem leaves unguarded: nothing where its document is no policy, everything where it does not say whose it is.</summary>
    public void Add(ResourceProblem problem)
    {
        if (!problem.MayBe(ResourceKind.Policy))
            return;
        if (problem.Organisation is { } organisation)
            _organisations.Add(organisation);
        else
            _all = true;
    }

    public bool Contains(string organisation) => _all || _organisations.Contains(organisation);
}
