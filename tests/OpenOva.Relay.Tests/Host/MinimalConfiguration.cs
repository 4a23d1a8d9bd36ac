using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenOva.Relay.Tests.Host;

/// <summary>The smallest configuration that is valid: what no default can stand for. A test breaks or adds one thing.</summary>
internal static class MinimalConfiguration
{
    /// <param name="connections">An existing folder for GuacamoleConnection files.</param>
    public static Dictionary<string, string?> Values(string connections) => new()
    {
        ["Relay:Connections:Folder"] = connections,
        ["Relay:Identity:Issuers:0:Issuer"] = "https://sso.example/realms/acme",
        ["Relay:Identity:Issuers:0:Organisation"] = "acme",
        ["Relay:Identity:Issuers:0:Audience"] = "relay",
    };

    /// <summary>The same as a file for --config; numbered sections become objects, which the binder takes for lists.</summary>
    public static async Task<string> WriteAsync(string folder)
    {
        var root = new JsonObject();
        foreach (var (key, value) in Values(folder))
        {
            var at = root;
            var path = key.Split(':');
            foreach (var section in path[..^1]) at = (JsonObject)(at[section] ??= new JsonObject());
            at[path[^1]] = value;
        }

        var file = Path.Combine(folder, "minimal.json");
        await File.WriteAllTextAsync(file, root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return file;
    }
}
