using System.Buffers.Binary;
using System.Text;

namespace OpenOva.Relay.Evidence.Bundle;

/// <summary>
/// A bundle's container, read strictly: every record must be, byte for byte, the one that <see cref="ZipRecords"/> builds for what it says, and nothing
/// may stand before, between or after.
/// </summary>
public sealed class BundleContainer
{
    private const int CentralFixedBytes = 46;
    private readonly Stream _from;
    private readonly Dictionary<string, ZipEntry> _byName;

    private BundleContainer(Stream from, IReadOnlyList<ZipEntry> entries)
    {
        _from = from;
        Entries = entries;
        _byName = entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
    }

    /// <summary>The entries in their order.</summary>
    public IReadOnlyList<ZipEntry> Entries { get; }

    /// <summary>Reads the structure.</summary>
    /// <param name="from">Seekable; stays open.</param>
    /// <exception cref="EvidenceFormatException">Any deviation from the profile; the message names the entry or record.</exception>
    public static BundleContainer Open(Stream from)
    {
        var (count, directoryBytes, directoryOffset) = ReadEnd(from);
        var entries = ReadDirectory(from, count, directoryBytes, directoryOffset);
        var expectedOffset = 0L;
        var folded = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (i > 0 && BundlePath.Compare(entries[i - 1].Name, entry.Name) >= 0) throw new EvidenceFormatException($"entry {entry.Name} is out of order or there twice");
            if (!folded.Add(entry.Name.ToLowerInvariant())) throw new EvidenceFormatException($"entry {entry.Name} is there twice but for case");
            if (entry.Offset != expectedOffset) throw new EvidenceFormatException($"entry {entry.Name} does not stand where the one before ends");
            var header = ZipRecords.Local(entry);
            if (entry.Bytes > directoryOffset - expectedOffset - header.Length) throw new EvidenceFormatException($"entry {entry.Name} reaches beyond the directory");
            Expect(from, expectedOffset, header, $"the local header of entry {entry.Name}");
            expectedOffset += header.Length + entry.Bytes;
        }

        if (expectedOffset != directoryOffset) throw new EvidenceFormatException("something stands between the last entry and the directory");
        return new(from, entries);
    }

    /// <summary>Whether there is such an entry.</summary>
    public bool Has(string name) => _byName.ContainsKey(name);

    /// <summary>One entry.</summary>
    public ZipEntry this[string name] => _byName[name];

    /// <summary>Opens an entry's data. Streams share the container's position: use one at a time.</summary>
    public Stream OpenEntry(string name)
    {
        var entry = _byName[name];
        return new EntryStream(_from, entry.DataOffset, entry.Bytes);
    }

    /// <summary>Reads a whole entry.</summary>
    /// <exception cref="EvidenceFormatException">It is larger than the caller takes.</exception>
    public byte[] ReadEntry(string name, int maxBytes)
    {
        var entry = _byName[name];
        if (entry.Bytes > maxBytes) throw new EvidenceFormatException($"{name}: larger than {maxBytes} bytes");
        var content = new byte[entry.Bytes];
        using var from = OpenEntry(name);
        from.ReadExactly(content);
        return content;
    }

    private static (long Count, long Bytes, long Offset) ReadEnd(Stream from)
    {
        if (from.Length < ZipRecords.EndBytes) throw new EvidenceFormatException("the file is too short for a bundle");
        var end = ReadAt(from, from.Length - ZipRecords.EndBytes, ZipRecords.EndBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != 0x06054B50) throw new EvidenceFormatException("the file does not end with a ZIP end record");
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end.AsSpan(10));
        long bytes = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(12));
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(16));
        if ((count == 0xFFFF || bytes == 0xFFFFFFFF || offset == 0xFFFFFFFF) && from.Length >= ZipRecords.EndBytes + ZipRecords.Zip64EndBytes)
        {
            var zip64 = ReadAt(from, from.Length - ZipRecords.EndBytes - ZipRecords.Zip64EndBytes, ZipRecords.Zip64EndBytes);
            count = BinaryPrimitives.ReadInt64LittleEndian(zip64.AsSpan(32));
            bytes = BinaryPrimitives.ReadInt64LittleEndian(zip64.AsSpan(40));
            offset = BinaryPrimitives.ReadInt64LittleEndian(zip64.AsSpan(48));
        }

        if (count < 0 || bytes < 0 || offset < 0 || bytes > from.Length || offset > from.Length - bytes) throw new EvidenceFormatException("the end record does not fit the file");
        var expected = ZipRecords.End(count, bytes, offset);
        if (offset + bytes + expected.Length != from.Length) throw new EvidenceFormatException("something stands between the directory and the end record");
        Expect(from, offset + bytes, expected, "the end record");
        return (count, bytes, offset);
    }

    private static List<ZipEntry> ReadDirectory(Stream from, long count, long bytes, long offset)
    {
        var entries = new List<ZipEntry>();
        var at = offset;
        for (var i = 0L; i < count; i++)
        {
            if (offset + bytes - at < CentralFixedBytes) throw new EvidenceFormatException("the directory has fewer entries than the end record says");
            var header = ReadAt(from, at, CentralFixedBytes);
            var nameBytes = ReadAt(from, at + CentralFixedBytes, BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28)));
            var extra = ReadAt(from, at + CentralFixedBytes + nameBytes.Length, BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(30)));
            var entry = ReadEntry(header, nameBytes, extra, i);
            var expected = ZipRecords.Central(entry);
            if (expected.Length > offset + bytes - at) throw new EvidenceFormatException($"the directory's record of entry {entry.Name} is cut off");
            Expect(from, at, expected, $"the directory's record of entry {entry.Name}");
            entries.Add(entry);
            at += expected.Length;
        }

        if (at != offset + bytes) throw new EvidenceFormatException("the directory has more than the end record says");
        return entries;
    }

    private static ZipEntry ReadEntry(byte[] header, byte[] nameBytes, byte[] extra, long number)
    {
        var name = Ascii.IsValid(nameBytes) ? Encoding.ASCII.GetString(nameBytes) : "";
        if (!BundlePath.IsSafe(name)) throw new EvidenceFormatException($"entry {number} of the directory has no safe name");
        long size = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(24));
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(42));
        var at = 4;
        if (size == 0xFFFFFFFF && extra.Length >= at + 16)
        {
            size = BinaryPrimitives.ReadInt64LittleEndian(extra.AsSpan(at));
            at += 16;
        }

        if (offset == 0xFFFFFFFF && extra.Length >= at + 8) offset = BinaryPrimitives.ReadInt64LittleEndian(extra.AsSpan(at));
        if (size < 0 || offset < 0) throw new EvidenceFormatException($"entry {name} has an impossible size or offset");
        return new(name, size, BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(16)), offset);
    }

    private static void Expect(Stream from, long offset, byte[] expected, string what)
    {
        if (!ReadAt(from, offset, expected.Length).AsSpan().SequenceEqual(expected)) throw new EvidenceFormatException($"{what} is not as the profile has it");
    }

    private static byte[] ReadAt(Stream from, long offset, int count)
    {
        if (offset < 0 || offset + count > from.Length) throw new EvidenceFormatException("a record reaches beyond the file");
        var bytes = new byte[count];
        from.Position = offset;
        from.ReadExactly(bytes);
        return bytes;
    }

    private sealed class EntryStream(Stream from, long start, long length) : Stream
    {
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _at;
            set => _at = value;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_at >= length) return 0;
            from.Position = start + _at;
            var read = from.Read(buffer[..(int)Math.Min(buffer.Length, length - _at)]);
            _at += read;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => _at = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _at + offset,
            _ => length + offset,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
