using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Identity;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>The recordings of a bundle.</summary>
/// <param name="Files">The bundle's files.</param>
/// <param name="Missing">Sessions of which something was not found.</param>
/// <param name="Own">Sessions of the person who asked for the report: he gets no recording of his own.</param>
internal sealed record CopiedRecordings(IReadOnlyList<BundleFile> Files, IReadOnlyList<string> Missing, IReadOnlyList<string> Own);

/// <summary>
/// Copies sealed recordings from the store into a folder, for a bundle. Their bytes are taken as they are: whoever verifies the bundle judges them. To be in a
/// bundle is to be read by the person who asked for it: each is in the ledger before the bundle is.
/// </summary>
internal sealed class BundleRecordings(RelayDatabase database, IObjectStore store, RecordingReads reads, Persons persons)
{
    private const string Part = "bundle";

    /// <summary>Copies what the person who asked may read.</summary>
    public async Task<CopiedRecordings> CopyAsync(ReportRow report, IReadOnlyList<string> sessions, string folder, CancellationToken cancellation)
    {
        var files = new List<BundleFile>();
        var (missing, own) = (new List<string>(), new List<string>());
        var asked = (report.Issuer, report.Subject);
        foreach (var session in sessions)
        {
            var of = await RecordingQueries.SubjectAsync(database, report.Organisation, session, cancellation);
            var row = of is null ? null : await RecordingQueries.FindAsync(database, report.Organisation, session, cancellation);
            if (of is null || row is null)
            {
                missing.Add(session);
                continue;
            }

            if (await persons.IsOwnAsync(database, report.Organisation, asked, (of.Issuer, of.Subject), cancellation))
            {
                own.Add(session);
                continue;
            }

            if (await CopyAsync(row, folder, cancellation) is not { } copied)
            {
                missing.Add(session);
                continue;
            }

            await NoteAsync(report, row, of, cancellation);
            files.AddRange(copied);
        }

        return new(files, missing, own);
    }

    // Once, however many attempts there are.
    private Task NoteAsync(ReportRow report, RecordingRow row, SessionPerson of, CancellationToken cancellation) => database.TransactAsync(
        async transaction =>
        {
            if (await ReportQueries.InsertRecordingAsync(transaction, report, row.Session, of))
                await reads.NoteAsync(transaction, row, report.Issuer, report.Subject, Part, $"Bundle of report {report.ReportId}");
        },
        cancellation);

    private async Task<IReadOnlyList<BundleFile>?> CopyAsync(RecordingRow row, string folder, CancellationToken cancellation)
    {
        var session = row.Session;
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
