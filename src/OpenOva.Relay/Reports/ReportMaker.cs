using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Reports.Bundles;
using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.Reports.Evaluation;
using OpenOva.Relay.Reports.Pdf;

namespace OpenOva.Relay.Reports;

/// <summary>A bundle that is in the store.</summary>
internal sealed record MadeBundle(string Key, long Bytes, string Sha256, long HeadSize);

/// <summary>
/// Makes a report's bundle and puts it into the store. Safe to run again after any break: head and parameters are pinned, and the object is put once;
/// a bundle that an earlier attempt put is the report's.
/// </summary>
internal sealed class ReportMaker(
    RelayDatabase database, LedgerCheckpoints checkpoints, OrganisationKeys keys, IObjectStore store, ObjectStorageOptions buckets, Catalogues catalogues,
    ReportPins pins, BundleRecordings recordings, IReportPdf pdf, ReportsOptions options, ReplicaName replica, string scratchFolder, TimeProvider time)
{
    private static readonly string Software =
        typeof(ReportMaker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Makes the bundle.</summary>
    /// <exception cref="ReportFailedException">It failed in a way that has a name; other exceptions may pass too.</exception>
    public async Task<MadeBundle> MakeAsync(ReportRow row, CancellationToken cancellation)
    {
        var catalogue = catalogues.Find(row.Framework) ?? throw new ReportFailedException(ReportFailure.FrameworkUnknown, row.Framework);
        var (pinned, head) = await pins.PinAsync(row, cancellation);
        var key = KeyOf(row);
        if (await store.HeadAsync(buckets.EvidenceBucket, key, cancellation) is { } before) return new MadeBundle(key, before.Bytes, before.Sha256, head.Size);

        var folder = Path.Combine(scratchFolder, $"report-{time.NewRowId()}");
        Directory.CreateDirectory(folder);
        try
        {
            return await MakeAsync(pinned, head, catalogue, key, folder, cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<MadeBundle> MakeAsync(ReportRow row, Checkpoint head, Catalogue catalogue, string key, string folder, CancellationToken cancellation)
    {
        var started = time.GetUnixMicroseconds();
        var ring = await keys.OfAsync(row.Organisation, cancellation);
        await Tell(row, 10, "Reading the ledger", cancellation);
        var leaves = await LeafFiles.WriteAsync(database, checkpoints, head, row.FirstLeaf!.Value, folder, cancellation);
        await Tell(row, 30, "Evaluating", cancellation);
        var parameters = ReportParameters.Of(
            catalogue, row.Organisation, ring.History.Fingerprint, row.FromUs, row.ToUs, row.FirstLeaf.Value, head.Size, head.Root, ReportPins.AssuranceOf(row));
        var result = await ResultFiles.WriteAsync(leaves, parameters, catalogue, folder, row.WithRecordings, cancellation);
        List<BundleFile> files = [.. result.Files, .. leaves.Files, BundleFile.Of(BundlePath.Keys, Encoding.ASCII.GetBytes(ring.History.Jws.Compact))];
        files.AddRange(await StampFiles.WriteAsync(database, row.Organisation, row.FirstLeaf.Value, head.Size, folder, cancellation));
        if (pdf.IsConfigured)
        {
            await Tell(row, 60, "Rendering the PDF", cancellation);
            var rendered = await pdf.RenderAsync(result.Folder, ["report.json", "population.csv"], cancellation);
            files.Add(new BundleFile("report.pdf", () => File.OpenRead(rendered)));
        }

        await Tell(row, 75, row.WithRecordings ? "Copying recordings" : "Writing the bundle", cancellation);
        var copied = await recordings.CopyAsync(row, result.Recorded, folder, cancellation);
        files.AddRange(copied.Files);
        files.AddRange(await AccompanyAsync(row, head, result, copied, started, cancellation));
        await Tell(row, 85, "Writing the bundle", cancellation);
        var path = Path.Combine(folder, "bundle.zip");
        var sha256 = await WriteAsync(path, row, head, files, ring, cancellation);
        await Tell(row, 95, "Storing the bundle", cancellation);
        return await PutAsync(key, path, sha256, head.Size, cancellation);
    }

    private async Task<IEnumerable<BundleFile>> AccompanyAsync(
        ReportRow row, Checkpoint head, ResultFiles result, CopiedRecordings copied, long started, CancellationToken cancellation)
    {
        var persons = await ReportQueries.PersonsAsync(database, row.Organisation, cancellation);
        var now = time.GetUnixMicroseconds();
        var digest = await result.DigestAsync(cancellation);
        var custody = new Custody();
        custody.Add(row.RequestedUs, "requested", new JsonObject { ["by"] = By(row) });
        custody.Add(head.TimeUs, "head signed", new JsonObject { ["size"] = head.Size, ["root"] = head.Root, ["checkpoint_sha256"] = head.Jws.Digest });
        custody.Add(started, "made", new JsonObject { ["by"] = $"relay {Software}", ["replica"] = replica.Name, ["result_sha256"] = digest });
        custody.Add(now, "closed", new JsonObject { ["bucket"] = buckets.EvidenceBucket, ["key"] = KeyOf(row) });
        var run = new JsonObject
        {
            ["v"] = 1,
            ["report"] = row.ReportId,
            ["organisation"] = row.Organisation,
            ["framework"] = row.Framework,
            ["requested"] = new JsonObject { ["by"] = By(row), ["at_us"] = row.RequestedUs, ["request_id"] = row.RequestId },
            ["started_us"] = started,
            ["closed_us"] = now,
            ["attempt"] = row.Attempts,
            ["replica"] = replica.Name,
            ["software"] = new JsonObject { ["name"] = "relay", ["version"] = Software, ["engine_version"] = ReportParameters.EngineVersion },
            ["query"] = new JsonObject { ["source"] = "ledger_leaves of the organisation, by number", ["first"] = row.FirstLeaf, ["size"] = head.Size, ["leaves"] = result.Summary.Leaves },
            ["parameters"] = new JsonObject { ["from_us"] = row.FromUs, ["to_us"] = row.ToUs, ["recordings"] = row.Recordings, ["timezone"] = "UTC" },
            ["catalogue"] = new JsonObject { ["version"] = result.Summary.Catalogue.CatalogueVersion, ["sha256"] = result.Summary.Catalogue.Sha256 },
            ["head"] = new JsonObject { ["size"] = head.Size, ["root"] = head.Root, ["checkpoint_sha256"] = head.Jws.Digest },
            ["result_sha256"] = digest,
            ["pdf"] = pdf.IsConfigured ? new JsonObject { ["renderer"] = "WeasyPrint", ["declares"] = "PDF/A-3b" } : null,
            ["recordings"] = new JsonObject
            {
                ["selection"] = row.Recordings,
                ["included"] = result.Recorded.Count - copied.Missing.Count - copied.Own.Count,
                ["missing"] = new JsonArray([.. copied.Missing.Select(session => JsonValue.Create(session))]),
                ["own"] = new JsonArray([.. copied.Own.Select(session => JsonValue.Create(session))]),
            },
        };
        return
        [
            BundleFile.Of("run.json", CanonicalJson.Encode(run)),
            BundleFile.Of("custody.jsonl", custody.ToString()),
            BundleFile.Of("persons.csv", PersonsTable.Of(persons, result.Subjects)),
            BundleFile.Of("limitations.md", BundleTexts.Limitations(pdf.IsConfigured, copied)),
            BundleFile.Of("README.txt", BundleTexts.ReadMe(result.Summary, row.ReportId)),
        ];
    }

    private async Task<string> WriteAsync(string path, ReportRow row, Checkpoint head, List<BundleFile> files, KeyRing ring, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 128 * 1024);
        await using var hashing = new HashingStream(file);
        await BundleWriter.WriteAsync(hashing, row.Organisation, row.ReportId, ring.TimeToSign(time.GetUnixMicroseconds()), head, files, ring.Signing, cancellation);
        await hashing.FlushAsync(cancellation);
        return hashing.Digest();
    }

    private async Task<MadeBundle> PutAsync(string key, string path, string sha256, long headSize, CancellationToken cancellation)
    {
        var retention = options.RetentionDays == 0 ? null : new Retention(RetentionMode.Governance, time.GetUtcNow().AddDays(options.RetentionDays));
        await using var bundle = File.OpenRead(path);
        try
        {
            var stored = await store.PutIfAbsentAsync(buckets.EvidenceBucket, key, bundle, sha256, retention, cancellation);
            return new MadeBundle(key, stored.Bytes, stored.Sha256, headSize);
        }
        catch (ObjectAlreadyExistsException)
        {
            var stored = await store.HeadAsync(buckets.EvidenceBucket, key, cancellation) ?? throw new ObjectNotFoundException(buckets.EvidenceBucket, key);
            return new MadeBundle(key, stored.Bytes, stored.Sha256, headSize);
        }
    }

    private static JsonObject By(ReportRow row) => new() { ["issuer"] = row.Issuer, ["sub"] = row.Subject };

    private static string KeyOf(ReportRow row) => string.Create(
        CultureInfo.InvariantCulture, $"{row.Organisation}/reports/{RowClock.FromUnixMicroseconds(row.RequestedUs):yyyy/MM/dd}/{row.ReportId}/bundle.zip");

    private Task<int> Tell(ReportRow row, int percent, string detail, CancellationToken cancellation) =>
        ReportQueries.ProgressAsync(database, row, percent, detail, cancellation);
}
