using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>
/// Tells in each resource's status what became of it: the condition <c>Accepted</c>, and the digest of the version in use. Written by one replica at a time, and only
/// where it differs from what stands there.
/// </summary>
internal sealed class ResourceStatusWriter(
    KubernetesApi api, Leases leases, ReplicaName replica, TimeProvider time, ILogger<ResourceStatusWriter> log)
{
    private const string LeaseName = "resource-status";
    private const string Condition = "Accepted";
    private const int PatchesPerLease = 50;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(1);

    // What was written on top of which version, until the API server shows the next one.
    private readonly Dictionary<(string Plural, string Name), string> _written = [];
    private bool _isFailing;

    public async Task WriteAsync(IReadOnlyCollection<DeclaredObject> objects, CatalogSnapshot snapshot, CancellationToken cancellation)
    {
        try
        {
            var patches = Due(objects, snapshot).ToArray();
            for (var i = 0; i < patches.Length; i++)
            {
                if (i % PatchesPerLease == 0 && await leases.TryAcquireAsync(LeaseName, replica.Instance, LeaseTime, cancellation) is null)
                    return;
                await PatchAsync(patches[i].Shown, patches[i].Status, cancellation);
            }
            _isFailing = false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Once for an outage: it is tried again every few seconds, and nothing rests on it.
            if (!_isFailing)
                ConnectionsLog.StatusNotWritten(log, e);
            _isFailing = true;
        }
    }

    private async Task PatchAsync(DeclaredObject shown, JsonObject status, CancellationToken cancellation)
    {
        // The version makes it a condition: what has changed meanwhile is told of when it has been read.
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = shown.ResourceVersion }, ["status"] = status };
        try
        {
            await api.PatchStatusAsync(shown.Kind.Plural, shown.Name, patch, cancellation);
        }
        catch (KubernetesApiException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            // Changed or gone: the watch tells.
        }
        _written[(shown.Kind.Plural, shown.Name)] = shown.ResourceVersion;
    }

    private IEnumerable<(DeclaredObject Shown, JsonObject Status)> Due(IReadOnlyCollection<DeclaredObject> objects, CatalogSnapshot snapshot)
    {
        var problems = snapshot.Problems.ToLookup(problem => (problem.Kind, problem.File));
        var digests = snapshot.InUse.ToLookup(used => (used.Resource.Kind, used.Resource.File), used => used.Resource.Digest);
        foreach (var shown in objects)
        {
            if (_written.GetValueOrDefault((shown.Kind.Plural, shown.Name)) == shown.ResourceVersion)
                continue;
            var place = (shown.Kind.Kind, shown.Read.File);
            var digest = digests[place].FirstOrDefault();
            var status = Wanted(shown, problems[(place.Kind, place.File)].FirstOrDefault(), digest);
            if (!IsSame(shown.Status, status))
                yield return (shown, status);
        }
    }

    private JsonObject Wanted(DeclaredObject shown, ResourceProblem? problem, string? digest)
    {
        var before = Conditions(shown.Status).FirstOrDefault(IsOurs);
        var accepted = problem is null ? "True" : "False";
        var ours = new JsonObject
        {
            ["type"] = Condition,
            ["status"] = accepted,
            ["observedGeneration"] = shown.Generation,
            ["lastTransitionTime"] = (string?)before?["status"] == accepted && before?["lastTransitionTime"] is { } since
                ? since.DeepClone()
                : time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["reason"] = problem is null ? "Read" : "Invalid",
            ["message"] = (problem, digest) switch
            {
                (null, _) => "This version is in use.",
                (_, null) => $"{Text(problem)}. Nothing of it is in use.",
                _ => $"{Text(problem)}. The last good version stays in use.",
            },
        };
        // A merge replaces a list whole: what others said stays.
        return new JsonObject { ["digest"] = digest, ["conditions"] = new JsonArray([.. Conditions(shown.Status).Where(other => !IsOurs(other)).Select(other => other.DeepClone()), ours]) };
    }

    private static string Text(ResourceProblem problem) => problem.Field.Length == 0 ? problem.Message : $"{problem.Field} {problem.Message}";

    private static bool IsSame(JsonObject? stands, JsonObject wanted) =>
        (string?)stands?["digest"] == (string?)wanted["digest"]
        && JsonNode.DeepEquals(Conditions(stands).FirstOrDefault(IsOurs), Conditions(wanted).FirstOrDefault(IsOurs));

    private static IEnumerable<JsonObject> Conditions(JsonObject? status) => (status?["conditions"] as JsonArray ?? []).OfType<JsonObject>();

    private static bool IsOurs(JsonObject condition) => condition["type"] is JsonValue type && type.TryGetValue(out string? name) && name == Condition;
}
