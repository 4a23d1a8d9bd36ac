using System.IO.Compression;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>
/// Gzip members as evidence reads and writes them. GZipStream is no verifier: it forgives what is cut off and what follows, so a member's length is told
/// from outside and header and trailer are checked here.
/// </summary>
public static class GzipMembers
{
    private const int HeaderBytes = 10;
    private const int TrailerBytes = 8;

    /// <summary>RFC 1952: header, one empty final block, CRC-32 and length of nothing. GZipStream writes nothing at all for empty input.</summary>
    public static ReadOnlyMemory<byte> Empty { get; } = new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

    /// <summary>Compresses a live segment: Huffman coding alone, which is fast and takes the quarter that base64 added to pictures.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty) return Empty.ToArray();
        using var to = new MemoryStream(raw.Length / 2 + 64);
        using (var gzip = new GZipStream(to, new ZLibCompressionOptions { CompressionStrategy = ZLibCompressionStrategy.HuffmanOnly }, leaveOpen: true))
            gzip.Write(raw);
        return to.ToArray();
    }

    /// <summary>
    /// Decompresses exactly one member in pieces of at most 64 KiB: its plain header, its data to the last bit, its CRC and length, and nothing after.
    /// </summary>
    /// <param name="from">Stands at the member's first byte.</param>
    /// <param name="memberBytes">The member's length.</param>
    /// <param name="rawBytes">What it must yield; more is a bomb and refused as soon as it shows.</param>
    /// <param name="take">Receives the pieces.</param>
    /// <param name="what">Names the part in errors.</param>
    /// <exception cref="EvidenceFormatException">Anything else.</exception>
    public static void Decompress(Stream from, long memberBytes, long rawBytes, ReadOnlySpanAction take, string what)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (memberBytes < HeaderBytes + TrailerBytes || from.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes
            || header is not [0x1F, 0x8B, 8, 0, ..])
        {
            throw new EvidenceFormatException($"{what}: not a plain gzip member");
        }

        var body = new BodyStream(from, memberBytes - HeaderBytes - TrailerBytes);
        var crc = new Crc32();
        var total = Inflate(body, rawBytes, crc, take, what);
        if (total != rawBytes) throw new EvidenceFormatException($"{what}: yields {total} bytes, not {rawBytes}");
        if (body.Remaining > 0 || body.AskedForMore) throw new EvidenceFormatException($"{what}: its compressed data does not end where the member does");
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        if (from.ReadAtLeast(trailer, TrailerBytes, throwOnEndOfStream: false) < TrailerBytes
            || BitConverter.ToUInt32(trailer) != crc.Value || BitConverter.ToUInt32(trailer[4..]) != unchecked((uint)total))
        {
            throw new EvidenceFormatException($"{what}: its trailer does not match");
        }
    }

    private static long Inflate(BodyStream body, long rawBytes, Crc32 crc, ReadOnlySpanAction take, string what)
    {
        var total = 0L;
        var buffer = new byte[64 * 1024];
        try
        {
            using var deflate = new DeflateStream(body, CompressionMode.Decompress, leaveOpen: true);
            int read;
            while ((read = deflate.Read(buffer)) > 0)
            {
                total += read;
                if (total > rawBytes) throw new EvidenceFormatException($"{what}: yields more than {rawBytes} bytes");
                crc.Append(buffer.AsSpan(0, read));
                take(buffer.AsSpan(0, read));
            }
        }
        catch (InvalidDataException e)
        {
            throw new EvidenceFormatException($"{what}: its compressed data is damaged", e);
        }

        return total;
    }

    /// <summary>Receives a piece of decompressed data.</summary>
    public delegate void ReadOnlySpanAction(ReadOnlySpan<byte> piece);

    /// <summary>
    /// Hands out a member's compressed data, the last of it byte by byte: DeflateStream reads ahead and does not say how much it used, so only then is it
    /// known whether the data ended exactly here.
    /// </summary>
    private sealed class BodyStream(Stream from, long bytes) : Stream
    {
        private const int ByteByByte = 64;

        public long Remaining { get; private set; } = bytes;

        public bool AskedForMore { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (Remaining == 0)
            {
                AskedForMore = true;
                return 0;
            }

            var most = Remaining > ByteByByte ? Remaining - ByteByByte : 1;
            var read = from.Read(buffer[..(int)Math.Min(most, buffer.Length)]);
            Remaining -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
