using System.Text;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Recordings;

/// <summary>
/// A closed segment as the store holds it while its recording is open: a line that names the format, a line with the segment's compact header, and one gzip
/// member with its raw. Anyone who can write to the store can write one, so the reader believes nothing of it that the header's signature does not cover.
/// </summary>
internal sealed record LivePiece(string Header, byte[] Raw)
{
    private const int MaxHeaderBytes = 256 * 1024;
    private static readonly byte[] Magic = "RELAY-SEGMENT 1\n"u8.ToArray();

    /// <summary>Largest piece that is read, and largest raw in it, bytes.</summary>
    public const int MaxBytes = 64 << 20;

    public byte[] Encode() => [.. Magic, .. Encoding.ASCII.GetBytes(Header), (byte)'\n', .. GzipMembers.Compress(Raw)];

    /// <param name="content">The object.</param>
    /// <param name="what">Its name, for errors.</param>
    /// <exception cref="EvidenceFormatException">It is no live piece.</exception>
    public static LivePiece Parse(byte[] content, string what)
    {
        var head = content.AsSpan();
        if (!head.StartsWith(Magic)) throw new EvidenceFormatException($"{what} is no live segment");
        head = head[Magic.Length..];
        var end = head.IndexOf((byte)'\n');
        if (end is < 1 or > MaxHeaderBytes) throw new EvidenceFormatException($"{what} has no header");
        var compact = Encoding.ASCII.GetString(head[..end]);
        var bytes = SegmentHeader.Parse(Jws.Parse(compact, JwsTypes.Segment, what), what).RawBytes;
        if (bytes > MaxBytes) throw new EvidenceFormatException($"{what} says that it holds {bytes} bytes");
        var begin = Magic.Length + end + 1;
        using var raw = new MemoryStream((int)bytes);
        using var member = new MemoryStream(content, begin, content.Length - begin, writable: false);
        GzipMembers.Decompress(member, content.Length - begin, bytes, raw.Write, what);
        return new LivePiece(compact, raw.ToArray());
    }
}
