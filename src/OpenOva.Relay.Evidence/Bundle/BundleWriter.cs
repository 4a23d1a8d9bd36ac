using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Bundle;

/// <summary>One file that goes into a bundle; it is read twice, and must be the same both times.</summary>
public sealed record BundleFile(string Path, Func<Stream> Open)
{
    /// <summary>A file whose content is in memory.</summary>
    public static BundleFile Of(string path, byte[] content) => new(path, () => new MemoryStream(content, writable: false));

    /// <summary>A file of UTF-8 text.</summary>
    public static BundleFile Of(string path, string content) => Of(path, Encoding.UTF8.GetBytes(content));
}

/// <summary>Writes a signed bundle in one pass over the output, whatever its size (README.md section 5).</summary>
public static class BundleWriter
{
    private sealed record Measured(BundleFile File, long Bytes, string Sha256, uint Crc32);

    /// <summary>Writes the bundle.</summary>
    /// <param name="to">Receives the container; written from its present position, never read or sought.</param>
    /// <param name="organisation">Whose evidence.</param>
    /// <param name="report">The report's id.</param>
    /// <param name="createdUs">When, microseconds UTC: the time that the signature names.</param>
    /// <param name="head">The head that the results are pinned to; the same must be among the files.</param>
    /// <param name="files">Everything but the outer manifest.</param>
    /// <param name="key">The organisation's signing key.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="EvidenceFormatException">A name is unsafe or there twice, or a file changed while it was read.</exception>
    public static async Task WriteAsync(Stream to, string organisation, string report, long createdUs, Checkpoint head,
        IEnumerable<BundleFile> files, ISigningKey key, CancellationToken cancellationToken)
    {
        var measured = new List<Measured>();
        foreach (var file in files.OrderBy(f => f.Path, Comparer<string>.Create(BundlePath.Compare)))
        {
            if (!BundlePath.IsSafe(file.Path) || file.Path == BundlePath.Manifest) throw new EvidenceFormatException($"{file.Path} is no name for a bundle");
            measured.Add(await MeasureAsync(file, cancellationToken).ConfigureAwait(false));
        }

        if (measured.Select(m => m.File.Path.ToLowerInvariant()).Distinct(StringComparer.Ordinal).Count() != measured.Count)
            throw new EvidenceFormatException("a name stands twice in the bundle");
        var jws = await Jws.SignAsync(JwsTypes.Bundle, Payload(organisation, report, createdUs, head, measured), key, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        measured.Add(await MeasureAsync(BundleFile.Of(BundlePath.Manifest, Encoding.ASCII.GetBytes(jws.Compact)), cancellationToken).ConfigureAwait(false));
        await WriteContainerAsync(to, measured, cancellationToken).ConfigureAwait(false);
    }

    private static JsonObject Payload(string organisation, string report, long createdUs, Checkpoint head, List<Measured> files) => new()
    {
        ["v"] = 1,
        ["organisation"] = organisation,
        ["created_us"] = createdUs,
        ["report"] = report,
        ["head"] = new JsonObject { ["size"] = head.Size, ["root"] = head.Root, ["sha256"] = head.Jws.Digest },
        ["files"] = new JsonArray([.. files.Select(f => new JsonObject { ["path"] = f.File.Path, ["bytes"] = f.Bytes, ["sha256"] = f.Sha256 })]),
    };

    private static async Task WriteContainerAsync(Stream to, List<Measured> files, CancellationToken cancellationToken)
    {
        var entries = new List<ZipEntry>();
        var offset = 0L;
        foreach (var file in files)
        {
            var entry = new ZipEntry(file.File.Path, file.Bytes, file.Crc32, offset);
            var header = ZipRecords.Local(entry);
            await to.WriteAsync(header, cancellationToken).ConfigureAwait(false);
            var copied = await CopyAsync(file.File, to, cancellationToken).ConfigureAwait(false);
            if (copied != (file.Bytes, file.Sha256)) throw new EvidenceFormatException($"{file.File.Path} changed while it was read");
            entries.Add(entry);
            offset += header.Length + file.Bytes;
        }

        var directoryBytes = 0L;
        foreach (var header in entries.Select(ZipRecords.Central))
        {
            await to.WriteAsync(header, cancellationToken).ConfigureAwait(false);
            directoryBytes += header.Length;
        }

        await to.WriteAsync(ZipRecords.End(entries.Count, directoryBytes, offset), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Measured> MeasureAsync(BundleFile file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var crc = new Crc32();
        var bytes = 0L;
        var buffer = new byte[128 * 1024];
        var from = file.Open();
        await using var _ = from.ConfigureAwait(false);
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, read));
            crc.Append(buffer.AsSpan(0, read));
            bytes += read;
        }

        return new(file, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()), crc.Value);
    }

    private static async Task<(long Bytes, string Sha256)> CopyAsync(BundleFile file, Stream to, CancellationToken cancellationToken)
    {
        var from = file.Open();
        await using var _ = from.ConfigureAwait(false);
        var hashing = new HashingStream(to);
        await using var __ = hashing.ConfigureAwait(false);
        await from.CopyToAsync(hashing, 128 * 1024, cancellationToken).ConfigureAwait(false);
        return (hashing.Written, hashing.Digest());
    }
}
