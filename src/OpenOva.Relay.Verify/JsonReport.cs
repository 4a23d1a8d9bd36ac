using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify;

/// <summary>The result for a program. The shape is part of the tool's contract: members may only be added.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    public static string Of(string bundle, Verdict verdict) => new JsonObject
    {
        ["bundle"] = bundle,
        ["exit"] = verdict.ExitCode,
        ["integrity"] = verdict.Integrity,
        ["strength"] = verdict.Strength,
        ["completeness"] = new JsonObject { ["verdict"] = verdict.Completeness, ["open"] = new JsonArray([.. verdict.Open.Select(o => JsonValue.Create(o))]) },
        ["fingerprint"] = verdict.Fingerprint,
        ["checks"] = new JsonArray([.. verdict.Checks.Select(c => new JsonObject { ["name"] = c.Name, ["outcome"] = c.OutcomeName, ["detail"] = c.Detail })]),
    }.ToJsonString(Options);

    /// <summary>When nothing could be verified.</summary>
    public static string Refused(string bundle, int exit, string message) =>
        new JsonObject { ["bundle"] = bundle, ["exit"] = exit, ["error"] = message }.ToJsonString(Options);
}
