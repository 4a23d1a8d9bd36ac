using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify;

/// <summary>The result for a program. The shape is part of the tool's contract: members may only be added.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <param name="kind">The first member: <c>bundle</c> or <c>ledger</c>.</param>
    /// <param name="subject">What was verified.</param>
    /// <param name="verdict">What came of it.</param>
    public static string Of(string kind, string subject, Verdict verdict) => new JsonObject
    {
        [kind] = subject,
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
