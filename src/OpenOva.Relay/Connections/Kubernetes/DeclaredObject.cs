using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>Which of the API's resources declare what.</summary>
internal sealed record DeclaredKind(ResourceKind Kind, string Name, string Plural)
{
    public static readonly IReadOnlyList<DeclaredKind> All =
    [
        new(ResourceKind.Connection, ConnectionSpecReader.Kind, "guacamoleconnections"),
        new(ResourceKind.Policy, Policies.PolicySpecReader.Kind, "environmentpolicies"),
    ];
}

/// <summary>One object as the API server last showed it.</summary>
/// <param name="Text">What is read of it: without status and bookkeeping, so that a change of these alone is none.</param>
/// <param name="Read">What the reader made of it.</param>
/// <param name="Status">As it stands in the cluster; null where there is none.</param>
internal sealed record DeclaredObject(
    DeclaredKind Kind, string Name, long Generation, string ResourceVersion, string Text, ResourceFile Read, JsonObject? Status)
{
    /// <summary>In characters of JSON. Whatever is larger is not taken.</summary>
    private const int MaximumLength = 1024 * 1024;

    // Indented, so that no key stands too far from its colon for YAML; as few escapes as may be.
    private static readonly JsonSerializerOptions AsYaml = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Takes what the API server shows; what was read before is kept where the text is the same.</summary>
    /// <exception cref="KubernetesApiException">It is no object with a name.</exception>
    public static DeclaredObject Of(DeclaredKind kind, JsonElement shown, DeclaredObject? before, ConnectionsOptions options)
    {
        var (metadata, name, version) = Identify(shown);
        var place = $"{options.Kubernetes.Namespace}/{name}";
        var generation = metadata.TryGetProperty("generation", out var counted) && counted.ValueKind == JsonValueKind.Number && counted.TryGetInt64(out var number) ? number : 0;
        try
        {
            var (text, manager, status) = Take(kind, shown);
            var read = before is not null && before.Text == text ? before.Read
                : text.Length > MaximumLength ? Problem(kind, place, "is larger than 1 MiB")
                : ResourceReader.ReadObject(kind.Kind, place, text, manager, options);
            return new DeclaredObject(kind, name, generation, version, text, read, status);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // A lone surrogate, a field that stands twice: one such object must not keep the others from being read.
            return new DeclaredObject(kind, name, generation, version, "", Problem(kind, place, "is not well-formed JSON"), null);
        }
    }

    /// <summary>The name of an object, also of one that is gone.</summary>
    /// <exception cref="KubernetesApiException">It has none.</exception>
    public static string NameOf(JsonElement shown) => Identify(shown).Name;

    private static (JsonElement Metadata, string Name, string ResourceVersion) Identify(JsonElement shown) =>
        shown.ValueKind == JsonValueKind.Object && shown.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && metadata.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            ? (metadata, name.GetString()!, metadata.TryGetProperty("resourceVersion", out var version) ? version.GetString() ?? "" : "")
            : throw new KubernetesApiException("an object has no name");

    private static (string Text, string? Manager, JsonObject? Status) Take(DeclaredKind kind, JsonElement shown)
    {
        var whole = JsonObject.Create(shown)!;
        var status = whole["status"] as JsonObject;
        whole.Remove("status");
        whole["apiVersion"] ??= ResourceReader.ApiVersion;
        whole["kind"] ??= kind.Name;
        var metadata = whole["metadata"]!.AsObject();
        var manager = Provenance.Printable(NewestManager(metadata["managedFields"] as JsonArray));
        metadata.Remove("managedFields");
        metadata.Remove("resourceVersion");
        return (whole.ToJsonString(AsYaml), manager, status);
    }

    private static ResourceFile Problem(DeclaredKind kind, string place, string message) =>
        new(place, [], [new ResourceProblem(place, 0, 0, "", message, kind.Kind, null, null)]);

    // Whoever writes a status is no author of what is declared.
    private static string? NewestManager(JsonArray? fields) => (fields ?? []).OfType<JsonObject>()
        .Where(entry => entry["subresource"] is null)
        .OrderBy(entry => DateTimeOffset.TryParse(TextOf(entry["time"]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : default)
        .Select(entry => TextOf(entry["manager"]))
        .LastOrDefault();

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
