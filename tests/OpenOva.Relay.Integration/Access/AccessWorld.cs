using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Access;

/// <summary>
/// A deployment with connections under approval and policies. Besides the people of <see cref="RelayUnderTest"/>: abel, a second approver; olga, an approver's account
/// of olivia's; alba, a second account of albert's. Approvers of a connection have the role db-approver; olivia has firecall, the emergency role.
/// </summary>
internal sealed class AccessWorld : IAsyncDisposable
{
    private readonly FakeGuacd _guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]) });
    private readonly Deployment _deployment;

    private readonly string _policies;
    private readonly IReadOnlyDictionary<string, string?> _values;

    private AccessWorld(Deployment deployment, string policies, IReadOnlyDictionary<string, string?> values) =>
        (_deployment, _policies, _values) = (deployment, policies, values);

    public RelayUnderTest Relay { get; private set; } = null!;

    /// <param name="deploy">Makes what the replicas share, of these people.</param>
    /// <param name="policies">EnvironmentPolicy documents.</param>
    /// <param name="values">Configuration on top.</param>
    /// <param name="time">The clock.</param>
    public static async Task<AccessWorld> StartAsync(
        Func<IReadOnlyDictionary<string, string?>, Task<Deployment>> deploy, string policies = "", IReadOnlyDictionary<string, string?>? values = null,
        TimeProvider? time = null)
    {
        var world = new AccessWorld(await deploy(People()), policies, values ?? new Dictionary<string, string?>());
        world.Relay = await world.ReplicaAsync("a", time);
        return world;
    }

    /// <summary>Another replica of it.</summary>
    public Task<RelayUnderTest> ReplicaAsync(string name, TimeProvider? time = null) => RelayUnderTest.StartAsync(_deployment.Replica(
        name, _guacd.Endpoint, Connections(), new Dictionary<string, string?>(Persons(_deployment.IssuerOf("acme")).Concat(_values)),
        time is null ? null : services => services.AddSingleton(time)));

    public static string Policy(string name, string connection, params string[] rules) =>
        $"""
        apiVersion: catalyst.openova.io/v1alpha1
        kind: EnvironmentPolicy
        metadata:
          name: {name}
          labels:
            catalyst.openova.io/organization: acme
        spec:
          selector:
            connections: [{connection}]
          rules:
        {string.Join("\n", rules.Select(rule => "  - {" + rule + "}"))}
        """;

    public static long InSeconds(double seconds) => DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeMilliseconds() * 1_000;

    public async Task<AccessRequest> RequestAsync(string connection = "ssh-jit", double seconds = 1_800, string person = "olivia", string extends = "", string ticket = "") =>
        (await Relay.Access.RequestAsync(
            new() { Connection = connection, Reason = "a disk is full", TicketReference = ticket, UntilUs = InSeconds(seconds), ExtendsSession = extends },
            await Relay.AsAsync(person))).Request;

    public async Task<AccessRequest> DecideAsync(string request, string person = "albert", AccessRequestVerdict verdict = AccessRequestVerdict.Approve, string comment = "") =>
        (await Relay.Access.DecideAsync(new() { RequestId = request, Verdict = verdict, Comment = comment }, await Relay.AsAsync(person))).Request;

    public static async Task<ErrorReason> RefusedAsync(Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(call);
        var details = refused.Trailers.GetValueBytes("grpc-status-details-bin") ?? [];
        return Enum.GetValues<ErrorReason>().Single(reason => Web.ErrorTable.Of(reason).Name == AuthorizationCalls.Reason(details));
    }

    public async Task<IReadOnlyList<string>> LedgerAsync() => [.. (await LedgerLeaves.AllAsync(Relay)).Select(leaf => leaf.Type)];

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await _deployment.DisposeAsync();
        await _guacd.DisposeAsync();
    }

    private string Connections()
    {
        const string Jit = "\n  jit: {requiredApprovers: [db-approver], maxDurationMinutes: 60}";
        string[] documents =
        [
            RelayUnderTest.SshYaml(),
            RelayUnderTest.SshYaml("ssh-plain", recorded: false),
            RelayUnderTest.SshYaml("ssh-jit") + Jit,
            RelayUnderTest.SshYaml("ssh-globex", "globex") + Jit,
        ];
        return string.Join("\n---\n", documents.Append(_policies).Where(document => document.Length > 0));
    }

    private static Dictionary<string, string?> People()
    {
        const string Users = "Relay:Identity:Development:Realms:0:Users";
        var values = new Dictionary<string, string?>
        {
            [$"{Users}:0:Subject"] = "olivia-sub",
            [$"{Users}:0:RealmRoles:2"] = "firecall",
            [$"{Users}:5:Subject"] = "albert-sub",
            [$"{Users}:5:RealmRoles:1"] = "db-approver",
        };
        foreach (var (index, name) in new[] { (8, "abel"), (9, "olga"), (10, "alba") })
        {
            (values[$"{Users}:{index}:UserName"], values[$"{Users}:{index}:Password"], values[$"{Users}:{index}:Subject"]) = (name, "pw", $"{name}-sub");
            (values[$"{Users}:{index}:RealmRoles:0"], values[$"{Users}:{index}:RealmRoles:1"]) = ("relay-approver", "db-approver");
        }

        return values;
    }

    // Which accounts are one person's.
    private static Dictionary<string, string?> Persons(string issuer) => new[] { ("olivia-sub", "1"), ("olga-sub", "1"), ("albert-sub", "2"), ("alba-sub", "2") }
        .SelectMany((entry, i) => new (string, string?)[]
        {
            ($"Relay:Identity:AccountPersons:{i}:Issuer", issuer), ($"Relay:Identity:AccountPersons:{i}:Subject", entry.Item1), ($"Relay:Identity:AccountPersons:{i}:Person", entry.Item2),
        }).ToDictionary();
}
