using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using OpenOva.Relay.Access;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Tests.Access;

/// <summary>Ten thousand random questions, each answered by the rules, by <see cref="NaiveAccessEvaluator"/>, and again from the record of the decision.</summary>
[Trait("Kind", "Fast")]
public sealed class RandomAccessTests
{
    private const int Questions = 10_000;
    private static readonly DateTimeOffset Monday = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Roles = ["dba", "sre", "developer", "payroll", "firecall", "chief"];
    private static readonly string[] Approvers = ["security", "team-lead", "owner"];
    private static readonly string[] Methods = ["pwd", "pin", "otp", "hwk", "fpt", "mfa"];
    private static readonly string[] Networks = ["10.0.0.0/8", "10.1.0.0/16", "192.168.7.0/24", "2001:db8::/32", "0.0.0.0/0"];
    private static readonly string[] Addresses = ["10.1.2.3", "10.9.0.1", "192.168.7.255", "192.168.8.0", "2001:db8::1", "2001:db9::1", "::ffff:10.1.0.9"];
    private static readonly string[] Crons = ["0 1 * * *", "30 22 * * 1-5", "0 0 1 * *", "15,45 6-9 * * 6,0", "* * * * *"];

    [Fact]
    public void Decisions_AgreeWithASecondEvaluatorAndWithTheirRecords()
    {
        var random = new Random(20261122);
        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Questions; i++)
        {
            var question = Question(random);
            var decision = AccessPolicy.Decide(question);

            var naive = NaiveAccessEvaluator.Reason(question);
            Assert.True(naive == decision.Reason.Name(), $"question {i}: {decision.Reason.Name()}, and {naive} by the second evaluator: {decision.ToLedgerData()}");
            Assert.Equal(NaiveAccessEvaluator.Rule(question, naive), decision.Verdict.Rule);
            if (decision.Allowed && question.RecheckOf is null) Assert.Equal(NaiveAccessEvaluator.Terms(question), decision.Verdict.Terms);
            var record = EvidenceObject.Parse(CanonicalJson.Encode(decision.ToLedgerData()), "a decision");
            Assert.Equal(decision.Verdict, AccessPolicy.Evaluate(AccessRecord.ReadInputs(record, digest => question.Policies.SingleOrDefault(p => p.Digest == digest))));
            reasons[naive] = reasons.GetValueOrDefault(naive) + 1;
        }

        // Else the questions would not ask for much.
        foreach (var reason in Enum.GetValues<AccessReason>()) Assert.True(reasons.GetValueOrDefault(reason.Name()) >= 5, $"{reason.Name()}: {reasons.GetValueOrDefault(reason.Name())} times");
    }

    private static AccessQuestion Question(Random random)
    {
        var now = Monday.AddMinutes(random.Next(14 * 24 * 60)).AddMicroseconds(random.Next(3) == 0 ? 0 : random.Next(60_000_000));
        var recheck = random.Next(6) == 0;
        var connection = random.Next(30) == 0 ? null : Connection(random);
        return new AccessQuestion(
            Guid.CreateVersion7(now), Person(random, now), random.Next(2) == 0 ? null : Gateway(random, now), Rarely(random, 40) ? "globex" : "acme", "core-db", connection,
            connection is null && random.Next(2) == 0, now)
        {
            Policies = [.. Enumerable.Range(0, random.Next(4)).Select(n => Policy(random, n))],
            ArePoliciesInvalid = Rarely(random, 30),
            Source = Rarely(random, 8) ? null : IPAddress.Parse(Pick(random, Addresses)),
            Grants = [.. Enumerable.Range(0, random.Next(4)).Select(n => Grant(random, n, now))],
            Sessions = Rarely(random, 12) ? null : new SessionCounts(random.Next(3), random.Next(4)),
            BreakGlass = random.Next(5) == 0,
            IsReasoned = random.Next(4) != 0,
            Account = recheck ? (AccountState)random.Next(4) : AccountState.Active,
            RecheckOf = recheck ? "0198c0de-0000-7000-8000-000000000001" : null,
        };
    }

    private static Caller Person(Random random, DateTimeOffset now) => new()
    {
        Organisation = Rarely(random, 40) ? "globex" : "acme",
        Issuer = "https://sso.example/realms/acme",
        Subject = "f3c9a1",
        Roles = Rarely(random, 25) ? CallerRoles.Auditor : CallerRoles.Operator,
        TokenRoles = Some(random, Roles, 3).ToFrozenSet(StringComparer.Ordinal),
        Acr = random.Next(4) switch { 0 => null, 1 => "", 2 => "gold", _ => "1" },
        Amr = [.. Some(random, Methods, 3)],
        AuthenticatedAt = Rarely(random, 6) ? null : now.AddMinutes(-random.Next(90)).AddMicroseconds(random.Next(-1, 2)),
        Expires = now.AddMinutes(5),
    };

    private static Caller Gateway(Random random, DateTimeOffset now) => Person(random, now) with { Roles = CallerRoles.Gateway, ClientId = "gateway", Organisation = Rarely(random, 40) ? "globex" : "acme" };

    private static Relay.Connections.Connection Connection(Random random) => new()
    {
        Organisation = Rarely(random, 40) ? "globex" : "acme",
        Name = "core-db",
        Protocol = "ssh",
        Hostname = "db.core",
        Port = 22,
        AudienceRoles = [.. Some(random, Roles, 4)],
        Recording = new RecordingTerms(random.Next(4) != 0, "guacamole-recordings", 400),
        Jit = random.Next(3) == 0 ? new JitTerms([Pick(random, Approvers)], random.Next(1, 120)) : null,
        Parameters = ImmutableSortedDictionary<string, string>.Empty,
        Secrets = ImmutableSortedDictionary<string, SecretLocation>.Empty,
        TargetIdentity = TargetIdentity.Verified,
        Digest = new string('a', 64),
        File = "core.yaml",
    };

    private static EnvironmentPolicy Policy(Random random, int number) => new()
    {
        Organisation = "acme",
        Name = $"policy-{number}",
        Selector = PolicySelector.All,
        Rules = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Rule(random)).DistinctBy(rule => rule.Kind)],
        Digest = new string((char)('b' + number), 64),
        File = "policies.yaml",
    };

    private static PolicyRule Rule(Random random) => random.Next(10) switch
    {
        0 => new PolicyRule.RecordingRequired(),
        1 => new PolicyRule.ChangeWindow([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new RecurringWindow(Pick(random, Crons), random.Next(1, 1_500), "UTC"))]),
        2 => new PolicyRule.MfaRequired("v1", ["gold"], ["mfa"], Factors, random.Next(2) == 0 ? null : random.Next(1, 60)),
        3 => new PolicyRule.MaxDuration(random.Next(1, 200)),
        4 => new PolicyRule.IdleLimit(random.Next(1, 60), random.Next(1, 31)),
        5 => new PolicyRule.SourceNetworks([.. Some(random, Networks, 3).DefaultIfEmpty("10.0.0.0/8")]),
        6 => new PolicyRule.SeparationOfDuties([Pick(random, Roles)]),
        7 => new PolicyRule.SessionLimit(random.Next(2) == 0 ? null : random.Next(1, 4), random.Next(2) == 0 ? null : random.Next(1, 5)),
        8 => new PolicyRule.ApprovalRequired(random.Next(1, 3), [.. Some(random, Approvers, 2)]),
        _ => new PolicyRule.BreakGlass([.. Some(random, Roles, 3).DefaultIfEmpty("firecall")], random.Next(1, 120)),
    };

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Factors =>
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("know", ["pwd", "pin"]).Add("have", ["otp", "hwk"]).Add("are", ["fpt"]);

    private static AccessGrant Grant(Random random, int number, DateTimeOffset now)
    {
        var at = now.ToUnixMicroseconds();
        var from = at + (random.Next(4) == 0 ? random.Next(-1, 2) : random.NextInt64(-3_600_000_000, 600_000_000));
        return new AccessGrant($"request-{number}", from, random.Next(4) == 0 ? at + random.Next(-1, 2) : from + random.NextInt64(1, 7_200_000_000),
            [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Some(random, Approvers, 3))]);
    }

    private static List<string> Some(Random random, string[] of, int most) => of.OrderBy(_ => random.Next()).Take(random.Next(most + 1)).Order(StringComparer.Ordinal).ToList();

    private static string Pick(Random random, string[] of) => of[random.Next(of.Length)];

    private static bool Rarely(Random random, int onceIn) => random.Next(onceIn) == 0;
}
