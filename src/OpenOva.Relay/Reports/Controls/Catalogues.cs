using System.Reflection;

namespace OpenOva.Relay.Reports.Controls;

/// <summary>The catalogues of this build, by framework. Made at start, so that a build with a bad one does not start.</summary>
internal sealed class Catalogues
{
    private const string Prefix = "catalogues/";

    private readonly SortedDictionary<string, Catalogue> _byFramework = new(StringComparer.Ordinal);

    /// <exception cref="CatalogueException">An embedded catalogue is not valid.</exception>
    public Catalogues()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var catalogue = CatalogueReader.Read(bytes, resource);
            _byFramework.Add(catalogue.Framework, catalogue);
        }
    }

    public IEnumerable<Catalogue> All => _byFramework.Values;

    public Catalogue? Find(string framework) => _byFramework.GetValueOrDefault(framework);
}
