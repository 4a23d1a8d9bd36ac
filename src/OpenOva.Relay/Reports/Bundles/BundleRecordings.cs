using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>Copies sealed recordings from the store into a folder, for a bundle. Their bytes are taken as they are: whoever verifies the bundle judges them.</summary>
internal sealed class BundleRecordings(RelayDatabase database, IObjectStore store)
{
    /// <summary>Copies; gives the bundle's files, and the sessions of which something was not found.</summary>
    public async Task<(IReadOnlyList<BundleFile> Files, IReadOnlyList<string> Missing)> CopyAsync(
        string organisation, IReadOnlyList<string> sessions, string folder, CancellationToken cancellation)
    {
        var files = new List<BundleFile>();
        var missing = new List<string>();
        foreach (var session in sessions)
        {
            var copied = await CopyAsync(organisation, session, folder, cancellation);
            if (copied is null) missing.Add(session);
            else files.AddRange(copied);
        }

        return (files, missing);
    }

    private async Task<IReadOnlyList<BundleFile>?> CopyAsync(string organisation, string session, string folder, CancellationToken cancellation)
    {
        if (await RecordingQueries.FindAsync(database, organisation, session, cancellation) is not { } row) return null;
        var parts = new[]
        {
            (Bucket: row.EvidenceBucket, Key: row.ManifestKey, Version: row.ManifestVersion, Path: BundlePath.RecordingManifest(session)),
            (row.Bucket, Key: row.IndexKey, Version: row.IndexVersion, Path: BundlePath.RecordingIndex(session)),
            (row.Bucket, Key: row.ObjectKey, Version: row.ObjectVersion, Path: BundlePath.RecordingObject(session)),
        };
        var files = new List<BundleFile>();
        foreach (var (bucket, key, version, path) in parts)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            try
            {
                await using var opened = await store.GetVersionAsync(bucket, key, version, null, cancellation);
                await using var to = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
                await opened.Content.CopyToAsync(to, cancellation);
            }
            catch (ObjectNotFoundException)
            {
                return null;
            }

            files.Add(new BundleFile(path, () => File.OpenRead(file)));
        }

        return files;
    }
}
