using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Connections;

/// <summary>
/// The digest that decisions, sessions and manifests name a connection's version by: SHA-256 of the canonical JSON of everything that
/// Relay acts on, with defaults filled in. Of secrets it holds where they are, never what they are.
/// </summary>
internal static class ConnectionDigest
{
    public static string Of(Connection connection) => Of(Specification(connection));

    /// <summary>The digest of any resource's specification.</summary>
    public static string Of(JsonObject specification) => Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Encode(specification)));

    public static JsonObject Specification(Connection connection) => new()
    {
        ["v"] = 1,
        ["organisation"] = connection.Organisation,
        ["name"] = connection.Name,
        ["protocol"] = connection.Protocol,
        ["hostname"] = connection.Hostname,
        ["port"] = connection.Port,
        ["audience_roles"] = Strings(connection.AudienceRoles),
        ["recording"] = new JsonObject
        {
            ["required"] = connection.Recording.Required,
            ["bucket"] = connection.Recording.Bucket,
            ["retention_days"] = connection.Recording.RetentionDays,
        },
        ["jit"] = connection.Jit is not { } jit
            ? null
            : new JsonObject { ["required_approvers"] = Strings(jit.RequiredApprovers), ["max_duration_minutes"] = jit.MaxDurationMinutes },
        ["parameters"] = new JsonObject(connection.Parameters.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
        ["secrets"] = new JsonObject(connection.Secrets.Select(entry => KeyValuePair.Create(
            entry.Key, (JsonNode?)(entry.Value.File is { } file ? new JsonObject { ["file"] = file } : new JsonObject { ["env"] = entry.Value.Env })))),
        ["target_identity"] = connection.TargetIdentity == TargetIdentity.Verified ? "verified" : "unverified",
        ["channels"] = connection.Channels.ToJson(),
    };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
