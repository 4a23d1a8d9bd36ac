using System.Collections.Immutable;
using OpenOva.Relay.Access;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Pages.Connections;

/// <summary>One of the connections that a person reaches.</summary>
/// <param name="NeedsApproval">Others decide before it can be opened.</param>
/// <param name="HasGrant">They have, for now.</param>
internal sealed record ConnectionEntry(Relay.Connections.Connection Connection, bool MayOpen, bool NeedsApproval, bool HasGrant);

/// <summary>The connections that a person reaches.</summary>
internal sealed record ConnectionsModel(IReadOnlyList<ConnectionEntry> Entries, bool IsOperator);

/// <summary>One connection, and what the person can do with it.</summary>
internal sealed record ConnectionModel(ConnectionEntry Entry, IReadOnlyList<EnvironmentPolicy> Policies, NoticeText Notice, string FormToken)
{
    /// <summary>The person's own requests that wait or hold, newest first.</summary>
    public IReadOnlyList<V1.AccessRequest> Requests { get; init; } = [];

    /// <summary>A policy names one of the person's roles for emergencies.</summary>
    public bool MayBreakGlass { get; init; }

    /// <summary>Longest time that can be asked for, minutes.</summary>
    public int MaxMinutes { get; init; }

    public bool IsRecorded => Entry.Connection.Recording.Required || Policies.Any(policy => policy.Rules.OfType<PolicyRule.RecordingRequired>().Any());
}
