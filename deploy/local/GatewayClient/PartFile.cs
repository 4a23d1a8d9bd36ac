using System.Security.Cryptography;
using Google.Protobuf;

namespace OpenOva.Relay.GatewayClient;

/// <summary>A file written from a stream of messages. It has its name only when it is whole.</summary>
internal static class PartFile
{
    /// <summary>Writes all pieces.</summary>
    /// <returns>Bytes, and their SHA-256 in lower-case hex.</returns>
    public static async Task<(long Bytes, string Sha256)> WriteAsync(string path, IAsyncEnumerable<ByteString> pieces, CancellationToken cancellation)
    {
        var part = path + ".part";
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = 0L;
        try
        {
            await using (var file = File.Create(part))
            {
                await foreach (var piece in pieces.WithCancellation(cancellation))
                {
                    digest.AppendData(piece.Span);
                    await file.WriteAsync(piece.Memory, cancellation);
                    bytes += piece.Length;
                }
            }

            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }

        return (bytes, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }
}
