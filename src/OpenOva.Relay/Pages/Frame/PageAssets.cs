using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;

namespace OpenOva.Relay.Pages.Frame;

/// <summary>
/// Styles and scripts of the pages, served from within the program: nothing is asked of anybody else. Their address holds their hash, so that a browser keeps them for
/// good and still gets a new version at once; scripts import each other by name within one such folder.
/// </summary>
internal static class PageAssets
{
    private const string Prefix = "assets/";

    private static readonly FrozenDictionary<string, byte[]> Files = Read();

    /// <summary>Of all assets together: a script and what it imports are always of one build.</summary>
    private static readonly string Version = Convert.ToHexStringLower(SHA256.HashData([.. Files.OrderBy(file => file.Key, StringComparer.Ordinal).SelectMany(file => SHA256.HashData(file.Value))]))[..16];

    public static string Address(string name) => Files.ContainsKey(name) ? $"/assets/{Version}/{name}" : throw new ArgumentException($"There is no asset {name}.", nameof(name));

    public static IResult Serve(string version, string name, HttpContext context)
    {
        PageSecurity.SetHeaders(context.Response);
        if (version != Version || !Files.TryGetValue(name, out var file)) return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.Bytes(file, TypeOf(name));
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };

    private static FrozenDictionary<string, byte[]> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(
            name => name[Prefix.Length..],
            name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return bytes;
            },
            StringComparer.Ordinal);
    }
}
