using System.Buffers.Binary;
using System.Text;

namespace OpenOva.Relay.Evidence.Bundle;

/// <summary>One stored file in the container. Offset is that of its local header; all in bytes.</summary>
public sealed record ZipEntry(string Name, long Bytes, uint Crc32, long Offset)
{
    /// <summary>Where its data begins.</summary>
    public long DataOffset => Offset + ZipRecords.Local(this).Length;
}

/// <summary>
/// The ZIP records of the bundle's profile (README.md section 5.1), as writer and reader both build them: for every content there is one container only.
/// Layouts are PKWARE APPNOTE.TXT 4.3.
/// </summary>
public static class ZipRecords
{
    /// <summary>Length of the end record.</summary>
    public const int EndBytes = 22;

    /// <summary>Length of the ZIP64 end record and its locator.</summary>
    public const int Zip64EndBytes = 56 + 20;

    private const uint Large = 0xFFFFFFFF;
    private const int MaxEntries = 65_534;
    private const ushort Version = 20;
    private const ushort Version64 = 45;
    private const ushort Utf8Flag = 0x0800;
    private const ushort Date1980 = 0x0021;

    /// <summary>A local header with its name.</summary>
    public static byte[] Local(ZipEntry e)
    {
        var large = e.Bytes >= Large;
        var to = new Writer();
        to.U32(0x04034B50).U16(large ? Version64 : Version).U16(Utf8Flag).U16(0).U16(0).U16(Date1980).U32(e.Crc32);
        to.U32(large ? Large : (uint)e.Bytes).U32(large ? Large : (uint)e.Bytes).U16((ushort)e.Name.Length).U16((ushort)(large ? 20 : 0)).Text(e.Name);
        if (large) to.U16(1).U16(16).U64(e.Bytes).U64(e.Bytes);
        return to.ToArray();
    }

    /// <summary>A central directory header with its name.</summary>
    public static byte[] Central(ZipEntry e)
    {
        var (largeSize, largeOffset) = (e.Bytes >= Large, e.Offset >= Large);
        var extra = (largeSize ? 16 : 0) + (largeOffset ? 8 : 0);
        var version = extra > 0 ? Version64 : Version;
        var to = new Writer();
        to.U32(0x02014B50).U16(version).U16(version).U16(Utf8Flag).U16(0).U16(0).U16(Date1980).U32(e.Crc32);
        to.U32(largeSize ? Large : (uint)e.Bytes).U32(largeSize ? Large : (uint)e.Bytes).U16((ushort)e.Name.Length);
        to.U16((ushort)(extra > 0 ? 4 + extra : 0)).U16(0).U16(0).U16(0).U32(0).U32(largeOffset ? Large : (uint)e.Offset).Text(e.Name);
        if (extra > 0) to.U16(1).U16((ushort)extra);
        if (largeSize) to.U64(e.Bytes).U64(e.Bytes);
        if (largeOffset) to.U64(e.Offset);
        return to.ToArray();
    }

    /// <summary>The end records.</summary>
    public static byte[] End(long entries, long directoryBytes, long directoryOffset)
    {
        var to = new Writer();
        if (NeedsZip64(entries, directoryBytes, directoryOffset))
        {
            to.U32(0x06064B50).U64(44).U16(Version64).U16(Version64).U32(0).U32(0).U64(entries).U64(entries).U64(directoryBytes).U64(directoryOffset);
            to.U32(0x07064B50).U32(0).U64(directoryOffset + directoryBytes).U32(1);
        }

        var count = (ushort)(entries > MaxEntries ? 0xFFFF : entries);
        to.U32(0x06054B50).U16(0).U16(0).U16(count).U16(count);
        to.U32(directoryBytes >= Large ? Large : (uint)directoryBytes).U32(directoryOffset >= Large ? Large : (uint)directoryOffset).U16(0);
        return to.ToArray();
    }

    /// <summary>Whether the end needs its ZIP64 form.</summary>
    public static bool NeedsZip64(long entries, long directoryBytes, long directoryOffset) =>
        entries > MaxEntries || directoryBytes >= Large || directoryOffset >= Large;

    private sealed class Writer
    {
        private readonly List<byte> _to = [];

        public Writer U16(int value)
        {
            Span<byte> bytes = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
            _to.AddRange(bytes);
            return this;
        }

        public Writer U32(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            _to.AddRange(bytes);
            return this;
        }

        public Writer U64(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            _to.AddRange(bytes);
            return this;
        }

        public Writer Text(string name)
        {
            _to.AddRange(Encoding.ASCII.GetBytes(name));
            return this;
        }

        public byte[] ToArray() => [.. _to];
    }
}
