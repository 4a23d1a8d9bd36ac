using System.Collections.Immutable;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>One valid version of an <c>EnvironmentPolicy</c>: rules that sessions on the connections it selects must keep.</summary>
internal sealed record EnvironmentPolicy : DeclaredResource
{
    public override ResourceKind Kind => ResourceKind.Policy;

    public required PolicySelector Selector { get; init; }

    /// <summary>As declared; each kind at most once.</summary>
    public required ImmutableArray<PolicyRule> Rules { get; init; }

    public override string ToString() => $"{Organisation}/{Name} ({Digest})";
}

/// <summary>Which of the organisation's connections a policy is for. Each list that is not empty must match; all empty: every connection.</summary>
/// <param name="Connections">Names, sorted.</param>
/// <param name="Protocols">guacd's protocol names, sorted.</param>
/// <param name="MatchLabels">Labels of the connection, all of which it must have with these values.</param>
internal sealed record PolicySelector(
    ImmutableArray<string> Connections, ImmutableArray<string> Protocols, ImmutableSortedDictionary<string, string> MatchLabels)
{
    public static readonly PolicySelector All = new([], [], ImmutableSortedDictionary<string, string>.Empty);

    public bool Selects(Connection connection) =>
        (Connections.IsEmpty || Connections.Contains(connection.Name))
        && (Protocols.IsEmpty || Protocols.Contains(connection.Protocol))
        && MatchLabels.All(label => connection.Labels.TryGetValue(label.Key, out var value) && value == label.Value);
}
