using Grpc.Core;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>Somebody who calls. Without a name it is the gateway with its own token alone; without roles there may still be a token.</summary>
internal sealed record MatrixCaller(string Name, string Organisation, CallerRoles Roles, bool IsInAudience = false)
{
    public const string Gateway = "the gateway alone";
    public const string NoToken = "nobody's token";

    public bool HasToken => Name != NoToken;

    public bool IsPerson => HasToken && Name != Gateway;

    public override string ToString() => Name;
}

/// <summary>
/// A service with the people of <see cref="RelayUnderTest"/>, with jonas, who is a job, otto, who is operator, auditor and reviewer at once, and gloria of globex, who is everything; with verified
/// recordings of olivia, otto and, in the other organisation, gina.
/// </summary>
[CollectionDefinition(Collection)]
public sealed class AuthorizationWorld : IAsyncLifetime, ICollectionFixture<AuthorizationWorld>
{
    /// <summary>One service for all who ask it.</summary>
    public const string Collection = "authorization";

    private readonly FakeGuacd _guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "1"]) });

    private const string Approval = "\n  jit: {requiredApprovers: [relay-approver], maxDurationMinutes: 60}";
    private static readonly string Jit = RelayUnderTest.SshYaml("ssh-jit") + Approval;
    private static readonly string GlobexJit = RelayUnderTest.SshYaml("ssh-globex-jit", "globex") + Approval;

    private const string Emergencies =
        """
        apiVersion: catalyst.openova.io/v1alpha1
        kind: EnvironmentPolicy
        metadata:
          name: emergencies
          labels:
            catalyst.openova.io/organization: acme
        spec:
          selector: {connections: [ssh-jit]}
          rules:
          - {kind: break-glass, roles: [db], maxMinutes: 30}
        """;

    private const CallerRoles EveryRole = CallerRoles.Operator | CallerRoles.Approver | CallerRoles.Auditor | CallerRoles.Reviewer | CallerRoles.SecurityOfficer
        | CallerRoles.Admin | CallerRoles.Job;

    internal static IReadOnlyList<MatrixCaller> Callers { get; } =
    [
        new("olivia", "acme", CallerRoles.Operator, IsInAudience: true),
        new("oscar", "acme", CallerRoles.Operator),
        new("anton", "acme", CallerRoles.Auditor),
        new("rita", "acme", CallerRoles.Reviewer),
        new("sofia", "acme", CallerRoles.SecurityOfficer),
        new("albert", "acme", CallerRoles.Approver),
        new("adam", "acme", CallerRoles.Admin),
        new("jonas", "acme", CallerRoles.Job),
        new("otto", "acme", CallerRoles.Operator | CallerRoles.Auditor | CallerRoles.Reviewer, IsInAudience: true),
        new("nobody", "acme", CallerRoles.None),
        new("gina", "globex", CallerRoles.Operator, IsInAudience: true),
        new("gus", "globex", CallerRoles.Auditor),
        new("gloria", "globex", EveryRole, IsInAudience: true),
        new(MatrixCaller.Gateway, "acme", CallerRoles.Gateway),
        new(MatrixCaller.NoToken, "", CallerRoles.None),
    ];

    internal RelayUnderTest Relay { get; private set; } = null!;

    /// <summary>Session by whose it is.</summary>
    internal IReadOnlyDictionary<string, string> SessionOf { get; private set; } = new Dictionary<string, string>();

    /// <summary>Request for access by whose it is.</summary>
    internal IReadOnlyDictionary<string, string> RequestOf { get; private set; } = new Dictionary<string, string>();

    /// <summary>Emergency session by whose it is.</summary>
    internal IReadOnlyDictionary<string, string> EmergencyOf { get; private set; } = new Dictionary<string, string>();

    /// <summary>A report of each organisation.</summary>
    internal IReadOnlyDictionary<string, string> ReportOf { get; private set; } = new Dictionary<string, string>();

    public async ValueTask InitializeAsync()
    {
        Relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = _guacd.Endpoint,
            Connections = string.Join("\n---\n", RelayUnderTest.SshYaml(), RelayUnderTest.SshYaml("ssh-globex", "globex"), Jit, GlobexJit, Emergencies),
            Values = People(),
        });
        var sessions = new Dictionary<string, string>();
        foreach (var (person, connection) in new[] { ("olivia", "ssh-db"), ("otto", "ssh-db"), ("gina", "ssh-globex") }) sessions[person] = await RecordAsync(person, connection);
        SessionOf = sessions;
        foreach (var (person, session) in sessions) await WaitVerifiedAsync(person, session);
        foreach (var person in new[] { "olivia", "otto" })
        {
            var headers = await Relay.AsAsync(person, throughGateway: false);
            var until = DateTimeOffset.UtcNow.AddMinutes(30).ToUnixTimeMilliseconds() * 1_000;
            var asked = await Relay.Access.RequestAsync(new() { Connection = "ssh-jit", Reason = "a test", UntilUs = until }, headers);
            RequestOf = new Dictionary<string, string>(RequestOf) { [person] = asked.Request.RequestId };
            var opened = await Relay.Sessions.OpenAsync(new() { Connection = "ssh-jit", Purpose = "a test", BreakGlass = true }, headers);
            EmergencyOf = new Dictionary<string, string>(EmergencyOf) { [person] = opened.SessionId };
        }

        var reports = new Dictionary<string, string>();
        foreach (var (organisation, person) in new[] { ("acme", "anton"), ("globex", "gus") })
        {
            var created = await AuthorizationCalls.Reports(Relay).CreateAsync(AuthorizationCalls.Report, await Relay.AsAsync(person, throughGateway: false));
            reports[organisation] = created.Report.ReportId;
        }

        ReportOf = reports;
    }

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await _guacd.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal async Task<Metadata> HeadersAsync(MatrixCaller caller, bool throughGateway) =>
        !caller.HasToken ? []
        : caller.IsPerson ? throughGateway ? await ThroughGatewayAsync(caller) : await Relay.AsAsync(caller.Name, throughGateway: false)
        : await Relay.AsGatewayAsync();

    private async Task<Metadata> ThroughGatewayAsync(MatrixCaller caller)
    {
        // The gateway of the person's own organisation: another's is refused.
        var headers = await Relay.AsAsync(caller.Name, throughGateway: false);
        headers.Add("relay-gateway-authorization", $"Bearer {await Relay.TokenAsync(caller.Organisation, null)}");
        return headers;
    }

    private static Dictionary<string, string?> People()
    {
        const string users = "Relay:Identity:Development:Realms:0:Users";
        const string gloria = "Relay:Identity:Development:Realms:1:Users:2";
        return new Dictionary<string, string?>
        {
            [$"{gloria}:UserName"] = "gloria",
            [$"{gloria}:Password"] = "pw",
            [$"{gloria}:RealmRoles:0"] = "relay-operator",
            [$"{gloria}:RealmRoles:1"] = "relay-approver",
            [$"{gloria}:RealmRoles:2"] = "relay-auditor",
            [$"{gloria}:RealmRoles:3"] = "relay-reviewer",
            [$"{gloria}:RealmRoles:4"] = "relay-security-officer",
            [$"{gloria}:RealmRoles:5"] = "relay-admin",
            [$"{gloria}:RealmRoles:6"] = "relay-job",
            [$"{gloria}:RealmRoles:7"] = "db",
            [$"{users}:8:UserName"] = "jonas",
            [$"{users}:8:Password"] = "pw",
            [$"{users}:8:RealmRoles:0"] = "relay-job",
            [$"{users}:9:UserName"] = "otto",
            [$"{users}:9:Password"] = "pw",
            [$"{users}:9:RealmRoles:0"] = "relay-operator",
            [$"{users}:9:RealmRoles:1"] = "db",
            [$"{users}:9:RealmRoles:2"] = "relay-auditor",
            [$"{users}:9:RealmRoles:3"] = "relay-reviewer",
        };
    }

    private async Task<string> RecordAsync(string person, string connection)
    {
        var headers = await HeadersAsync(Callers.Single(caller => caller.Name == person), throughGateway: true);
        var opened = await Relay.Sessions.OpenAsync(new() { Connection = connection, Purpose = "a test" }, headers);
        await using var tunnel = await TunnelClient.RedeemAsync(Relay, opened.TunnelTicket, realm: connection == "ssh-globex" ? "globex" : "acme");
        await tunnel.Started;
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        return opened.SessionId;
    }

    private async Task WaitVerifiedAsync(string person, string session)
    {
        var headers = await Relay.AsAsync(person, throughGateway: false);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await Relay.Sessions.GetAsync(new() { SessionId = session }, headers)).Session.State != SessionState.Verified)
            await Task.Delay(20, patience.Token);
    }
}
