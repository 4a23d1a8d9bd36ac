using System.Security.Cryptography;
using OpenOva.Relay.Identity;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Reports;

/// <summary>Hands out bundles, each time with an event and a purpose before the first byte.</summary>
internal sealed class ReportDownloads(ReportRequests requests, IObjectStore store, ObjectStorageOptions buckets)
{
    /// <summary>The largest piece, bytes.</summary>
    public const int PieceBytes = 64 * 1024;

    /// <summary>Sends a ready report's bundle in pieces.</summary>
    /// <exception cref="RelayException">EVIDENCE_MISMATCH: what the store gave is not the bundle that was made. What was sent must not be used.</exception>
    public async Task SendAsync(Caller caller, ReportRow row, string purpose, Func<ReadOnlyMemory<byte>, Task> send, CancellationToken cancellation)
    {
        await using var opened = await store.GetAsync(buckets.EvidenceBucket, row.BundleKey!, null, cancellation);
        await requests.NoteDownloadAsync(caller, row, purpose, cancellation);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[PieceBytes];
        int read;
        while ((read = await opened.Content.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellation)) > 0)
        {
            hash.AppendData(piece.AsSpan(0, read));
            await send(piece.AsMemory(0, read));
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != row.BundleSha256) throw new RelayException(ErrorReason.EvidenceMismatch);
    }
}
