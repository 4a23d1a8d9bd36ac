using System.Text.Json.Nodes;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Connections;

/// <summary>
/// The data of <c>connection.changed</c> and <c>policy.changed</c> (compliance test T24). Of a connection it holds what guards it and the digest of all the rest, for the rest
/// names hosts and places of secrets; of a policy all that it says.
/// </summary>
internal static class ResourceChangeData
{
    /// <param name="change">What happened.</param>
    /// <param name="source"><c>folder</c> or <c>kubernetes</c>.</param>
    public static JsonObject Of(ResourceChange change, string source)
    {
        var data = new JsonObject
        {
            ["change"] = change.Kind.ToString().ToLowerInvariant(),
            ["digest"] = change.Digest,
            ["previous_digest"] = change.PreviousDigest,
            ["problem"] = change.Problem is not { } problem
                ? null
                : new JsonObject { ["file"] = problem.File, ["line"] = problem.Line, ["field"] = problem.Field, ["message"] = problem.Message },
            ["source"] = Source(change.InUse?.Provenance ?? Provenance.Unknown, source),
        };
        if (change.What == ResourceKind.Policy)
        {
            data["policy"] = change.Name;
            data["specification"] = change.InUse is EnvironmentPolicy policy ? PolicyDigest.Specification(policy) : null;
            return data;
        }

        var connection = change.InUse as Connection;
        data["connection"] = change.Name;
        data["target_identity"] = connection?.TargetIdentity.ToString().ToLowerInvariant();
        data["guard"] = connection is null ? null : Guard(connection);
        return data;
    }

    private static JsonObject Source(Provenance provenance, string source) => new()
    {
        ["kind"] = source,
        ["actor"] = provenance.Actor,
        ["commit"] = provenance.Commit,
        ["ticket"] = provenance.Ticket,
        ["approved_by"] = provenance.ApprovedBy,
        ["manager"] = provenance.Manager,
    };

    private static JsonObject Guard(Connection connection) => new()
    {
        ["recording_required"] = connection.Recording.Required,
        ["retention_days"] = connection.Recording.RetentionDays,
        ["required_approvers"] = Strings(connection.Jit?.RequiredApprovers ?? []),
        ["audience_roles"] = Strings(connection.AudienceRoles),
        ["channels"] = connection.Channels.ToJson(),
        ["labels"] = new JsonObject(connection.Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
    };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
