using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports.Results;

/// <summary>report.json: the report for machines, as canonical JSON.</summary>
internal static class ReportJson
{
    public static byte[] Encode(ReportSummary summary) => CanonicalJson.Encode(new JsonObject
    {
        ["v"] = 1,
        ["wording"] = "Records supporting the controls named below for the period named below. No opinion on their effectiveness.",
        ["organisation"] = summary.Parameters.Organisation,
        ["fingerprint"] = summary.Parameters.Fingerprint,
        ["framework"] = summary.Parameters.Framework,
        ["catalogue"] = new JsonObject { ["version"] = summary.Catalogue.CatalogueVersion, ["sha256"] = summary.Catalogue.Sha256, ["title"] = summary.Catalogue.Title },
        ["engine_version"] = ReportParameters.EngineVersion,
        ["parameters"] = Parameters(summary.Parameters),
        ["head"] = new JsonObject { ["size"] = summary.Parameters.HeadSize, ["root"] = summary.Parameters.HeadRoot },
        ["population"] = new JsonObject
        {
            ["leaves"] = summary.Leaves,
            ["newest_event_us"] = summary.NewestTimeUs,
            ["sessions"] = summary.Sessions,
            ["open_at_head"] = summary.OpenAtHead,
            ["subjects"] = summary.Subjects,
            ["events_of_sessions_before_range"] = summary.BeforeRange,
        },
        ["reconciliation"] = Array(summary.Reconciliation.Rows, row => new JsonObject
        {
            ["day"] = row.Day, ["protocol"] = row.Protocol, ["grants"] = row.Grants, ["openings"] = row.Openings, ["ends"] = row.Ends,
            ["recorded_ends"] = row.RecordedEnds, ["sealed"] = row.Sealed, ["views"] = row.Views, ["differences"] = row.Differences, ["outcome"] = row.Outcome.Name(),
        }),
        ["differences"] = new JsonObject
        {
            ["count"] = summary.Reconciliation.Differences.Count,
            ["first"] = Array(summary.Reconciliation.Differences.Take(TestTally.MaxListed), d => new JsonObject
            {
                ["leaf"] = d.Leaf, ["code"] = d.Code, ["outcome"] = d.Outcome.Name(), ["day"] = d.Day, ["protocol"] = d.Protocol, ["session"] = d.Session,
                ["reason"] = d.Reason, ["detail"] = d.Detail,
            }),
        },
        ["exceptions"] = summary.Exceptions,
        ["tests"] = Array(summary.Tests, Test),
        ["controls"] = Array(summary.Controls, control => Control(control, summary)),
    });

    private static JsonObject Parameters(ReportParameters parameters) => new()
    {
        ["from_us"] = parameters.FromUs,
        ["to_us"] = parameters.ToUs,
        ["first_leaf"] = parameters.FirstLeaf,
        ["coverage_percent"] = parameters.CoveragePercent,
        ["max_gap_ms"] = parameters.MaxGapMs,
        ["authentication_max_age_hours"] = parameters.AuthenticationMaxAgeHours,
        ["assurance"] = parameters.Assurance is not { } policy
            ? null
            : new JsonObject
            {
                ["version"] = policy.Version,
                ["required_level"] = policy.RequiredLevel,
                ["levels"] = Array(policy.Levels, level => new JsonObject { ["issuer"] = level.Issuer, ["acr"] = level.Acr, ["level"] = level.Level }),
            },
    };

    private static JsonObject Test(TestResult result) => new()
    {
        ["id"] = result.Test.Id,
        ["title"] = result.Test.Title,
        ["outcome"] = result.Outcome.Name(),
        ["reason"] = result.Reason,
        ["item"] = result.Counts is null ? null : result.Test.Item,
        ["population"] = result.Counts?.Total,
        ["counts"] = result.Counts is { } counts ? new JsonObject([.. Outcomes.All.Select(o => KeyValuePair.Create<string, JsonNode?>(o.Name(), counts[o]))]) : null,
        ["clauses"] = Array(result.Tally?.Lines ?? [], line => new JsonObject
        {
            ["clause"] = line.Key.Clause, ["outcome"] = line.Key.Outcome.Name(), ["code"] = line.Key.Code, ["reason"] = line.Key.Reason, ["sessions"] = line.Value,
        }),
        ["not_tested"] = result.Test.NotTested,
    };

    private static JsonObject Control(ControlResult result, ReportSummary summary) => new()
    {
        ["id"] = result.Control.Id,
        ["title"] = result.Control.Title,
        ["domain"] = result.Control.Domain,
        ["relation"] = result.Control.Relation,
        ["paraphrase"] = result.Control.Paraphrase,
        ["tests"] = Array(result.Control.Tests, id => JsonValue.Create(id)),
        ["records_show"] = result.Outcome.Name(),
        ["refs"] = Array(result.Control.Refs, reference => new JsonObject
        {
            ["act"] = reference.Act, ["locator"] = reference.Locator, ["confidence"] = reference.Confidence, ["checked_on"] = reference.CheckedOn,
            ["effective_from"] = reference.EffectiveFrom, ["effective_to"] = reference.EffectiveTo, ["in_period"] = reference.Overlaps(summary.FirstDay, summary.LastDay),
        }),
        ["parameters"] = new JsonObject([.. result.Control.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, Parameter(p.Value)))]),
        ["retention_class"] = result.Control.RetentionClass,
        ["frequency"] = result.Control.Frequency,
        ["cobit"] = Array(result.Control.Cobit, id => JsonValue.Create(id)),
        ["note"] = result.Control.Note,
    };

    private static JsonObject Parameter(ControlParameter parameter) => new()
    {
        ["value"] = parameter.Value, ["unit"] = parameter.Unit, ["provenance"] = parameter.Provenance, ["rationale"] = parameter.Rationale,
    };

    private static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> node) => new([.. items.Select(node)]);
}
