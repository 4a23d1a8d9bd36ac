using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OpenOva.Relay.Database;

/// <summary>
/// One numbered .sql file, written once for both databases. Files stand in a slice's <c>Migrations</c> folder and are embedded.
/// Numbers are unique over all slices: 0001-0099 wiring, then a block of a hundred for each slice.
/// </summary>
internal sealed partial record Migration(int Version, string Name, string Sql)
{
    /// <summary>SHA-256 of the text with line ends normalised, lower-case hex: an applied migration must never change.</summary>
    public string Checksum =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    /// <summary>All migrations embedded in <paramref name="assembly"/>, by number.</summary>
    public static IReadOnlyList<Migration> Embedded(Assembly assembly)
    {
        var migrations = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            if (ResourceName().Match(resource) is not { Success: true } match) continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            migrations.Add(new Migration(int.Parse(match.Groups[1].ValueSpan), match.Groups[2].Value, reader.ReadToEnd()));
        }

        migrations.Sort((left, right) => left.Version.CompareTo(right.Version));
        var twice = migrations.GroupBy(migration => migration.Version).FirstOrDefault(group => group.Count() > 1);
        return twice is null
            ? migrations
            : throw new InvalidOperationException($"Migration {twice.Key:D4} exists twice: {string.Join(", ", twice.Select(m => m.Name))}.");
    }

    // migrations/0001_wiring.sql, as the project file names the resource
    [GeneratedRegex(@"^migrations/([0-9]{4})_([a-z0-9_]+)\.sql$")]
    private static partial Regex ResourceName();
}
