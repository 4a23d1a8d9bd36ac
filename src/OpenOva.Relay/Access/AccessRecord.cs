using System.Text.Json.Nodes;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Access;

/// <summary>
/// A decision as the ledger holds it. With the policies that its digests name (the ledger has each, in <c>policy.changed</c>) it can be decided again, years
/// later and without this installation.
/// </summary>
internal static class AccessRecord
{
    public static JsonObject ToJson(AccessDecision decision)
    {
        var inputs = decision.Inputs;
        var data = new JsonObject
        {
            ["decision"] = decision.DecisionId.ToString(),
            ["allowed"] = decision.Allowed,
            ["reason"] = decision.Reason.Name(),
            ["rule"] = decision.Verdict.Rule is not { } rule
                ? null
                : new JsonObject { ["policy"] = rule.Policy, ["digest"] = rule.PolicyDigest, ["kind"] = rule.Kind },
            ["terms"] = decision.Verdict.Terms is { } terms ? Terms(terms) : null,
            ["subject"] = new JsonObject { ["issuer"] = decision.Issuer, ["sub"] = decision.Subject },
            ["connection"] = new JsonObject { ["name"] = inputs.ConnectionName, ["digest"] = inputs.ConnectionDigest, ["protocol"] = inputs.Protocol },
            ["policies"] = new JsonArray([.. inputs.Policies.Select(policy => new JsonObject { ["name"] = policy.Name, ["digest"] = policy.Digest })]),
            ["inputs"] = Inputs(inputs),
        };
        if (decision.RecheckOf is { } session) data["recheck_of"] = session;
        return data;
    }

    /// <summary>The inputs that a recorded decision was made of.</summary>
    /// <param name="data">Of <c>access.decided</c>.</param>
    /// <param name="policy">The policy of a digest; null where it is not known.</param>
    /// <exception cref="EvidenceFormatException">It is no decision of this kind, or a policy is not known.</exception>
    public static AccessInputs ReadInputs(EvidenceObject data, Func<string, EnvironmentPolicy?> policy)
    {
        var (connection, inputs) = (data.Object("connection"), data.Object("inputs"));
        return new AccessInputs
        {
            Organisation = inputs.String("organisation"),
            IsOfOneOrganisation = inputs.Boolean("one_organisation"),
            HasOperatorRole = inputs.Boolean("relay_operator"),
            ConnectionName = connection.String("name"),
            Connection = Enum.Parse<ConnectionStanding>(inputs.String("connection").Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            ConnectionDigest = connection.NullableString("digest"),
            Protocol = connection.NullableString("protocol"),
            IsRecorded = inputs.Boolean("recorded"),
            AudienceRoles = [.. inputs.Strings("audience_roles")],
            MatchedRoles = [.. inputs.Strings("matched_roles")],
            ApproverRoles = [.. inputs.Strings("approver_roles")],
            MaxDurationMinutes = (int?)inputs.NullableInt64("max_duration_minutes"),
            Policies =
            [
                .. data.Objects("policies").Select(named => policy(named.Digest("digest"))
                    ?? throw new EvidenceFormatException($"the policy {named.String("name")} of digest {named.Digest("digest")} is not known")),
            ],
            ArePoliciesInvalid = inputs.Boolean("policies_invalid"),
            PolicyRoles = [.. inputs.Strings("policy_roles")],
            MatchedNetworks = [.. inputs.Strings("matched_networks")],
            IsSourceKnown = inputs.Boolean("source_known"),
            Acr = inputs.NullableString("acr"),
            Amr = [.. inputs.Strings("amr")],
            AuthenticatedAt = inputs.NullableInt64("auth_time_us") is { } at ? RowClock.FromUnixMicroseconds(at) : null,
            GatewayClient = inputs.NullableString("gateway_client"),
            Grants = [.. inputs.Objects("grants").Select(g => new AccessGrant(
                g.String("request"), g.Count("from_us"), g.Count("until_us"), [.. g.Objects("approvals").Select(a => a.Strings("roles").ToList())]))],
            Sessions = inputs.NullableObject("sessions") is { } counts ? new SessionCounts((int)counts.Count("of_person"), (int)counts.Count("on_connection")) : null,
            BreakGlass = inputs.Boolean("break_glass"),
            IsReasoned = inputs.Boolean("reasoned"),
            Now = RowClock.FromUnixMicroseconds(inputs.Count("time_us")),
            Account = inputs.NullableString("account") is { } account ? Enum.Parse<AccountState>(account, ignoreCase: true) : null,
        };
    }

    /// <summary>Whether a record's terms are those of a verdict.</summary>
    public static bool SameTerms(EvidenceObject data, AccessVerdict verdict)
    {
        var recorded = data.NullableObject("terms") is { } terms ? CanonicalJson.Encode(JsonNode.Parse(terms.Element.GetRawText())!) : null;
        var replayed = verdict.Terms is { } other ? CanonicalJson.Encode(Terms(other)) : null;
        return recorded is null ? replayed is null : replayed is not null && recorded.AsSpan().SequenceEqual(replayed);
    }

    private static JsonObject Inputs(AccessInputs inputs) => new()
    {
        ["organisation"] = inputs.Organisation,
        ["one_organisation"] = inputs.IsOfOneOrganisation,
        ["relay_operator"] = inputs.HasOperatorRole,
        ["connection"] = inputs.Connection == ConnectionStanding.InUse ? "in-use" : inputs.Connection.ToString().ToLowerInvariant(),
        ["recorded"] = inputs.IsRecorded,
        ["audience_roles"] = Strings(inputs.AudienceRoles),
        ["matched_roles"] = Strings(inputs.MatchedRoles),
        ["approver_roles"] = Strings(inputs.ApproverRoles),
        ["max_duration_minutes"] = inputs.MaxDurationMinutes,
        ["policies_invalid"] = inputs.ArePoliciesInvalid,
        ["policy_roles"] = Strings(inputs.PolicyRoles),
        ["matched_networks"] = Strings(inputs.MatchedNetworks),
        ["source_known"] = inputs.IsSourceKnown,
        ["acr"] = inputs.Acr,
        ["amr"] = Strings(inputs.Amr),
        ["auth_time_us"] = inputs.AuthenticatedAt?.ToUnixMicroseconds(),
        ["gateway_client"] = inputs.GatewayClient,
        ["grants"] = new JsonArray(
        [
            .. inputs.Grants.Select(g => new JsonObject
            {
                ["request"] = g.Request, ["from_us"] = g.FromUs, ["until_us"] = g.UntilUs,
                ["approvals"] = new JsonArray([.. g.Approvals.Select(roles => new JsonObject { ["roles"] = Strings(roles) })]),
            }),
        ]),
        ["sessions"] = inputs.Sessions is { } counts ? new JsonObject { ["of_person"] = counts.OfPerson, ["on_connection"] = counts.OnConnection } : null,
        ["break_glass"] = inputs.BreakGlass,
        ["reasoned"] = inputs.IsReasoned,
        ["time_us"] = inputs.Now.ToUnixMicroseconds(),
        ["account"] = inputs.Account?.ToString().ToLowerInvariant(),
    };

    private static JsonObject Terms(SessionTerms terms) => new()
    {
        ["recorded"] = terms.IsRecorded,
        ["synced"] = terms.IsSynced,
        ["until_us"] = terms.UntilUs,
        ["idle_seconds"] = terms.IdleSeconds,
        ["idle_warn_seconds"] = terms.IdleSeconds is null ? null : terms.IdleWarnSeconds,
        ["grant"] = terms.Grant,
        ["break_glass"] = terms.BreakGlass,
        ["source_bound"] = terms.IsSourceBound,
    };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
