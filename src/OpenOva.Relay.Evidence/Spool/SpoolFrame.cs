using System.Buffers.Binary;
using System.Numerics;

namespace OpenOva.Relay.Evidence.Spool;

/// <summary>What a spool frame says. Persisted: may only grow.</summary>
public enum SpoolFrameType : byte
{
    /// <summary>A recording began: canonical JSON with all that sealing needs besides the stream.</summary>
    Opened = 1,

    /// <summary>Instructions of the target: counts by class and the recorded bytes.</summary>
    Output = 2,

    /// <summary>A sign of life.</summary>
    Heartbeat = 3,

    /// <summary>A segment was closed: its header as compact JWS.</summary>
    Segment = 4,

    /// <summary>The session ended: canonical JSON.</summary>
    Ended = 5,

    /// <summary>The first frame came: canonical JSON.</summary>
    Connected = 6,

    /// <summary>The recording is sealed: its frames are no longer needed.</summary>
    Sealed = 7,
}

/// <summary>
/// One frame of a spool file, little-endian:
/// <code>
/// u32 magic "RSP1"   u32 length of body   u32 CRC-32C of body
/// body: u8 type, 16 bytes session, u32 epoch, u64 number in the session, i64 wall_us, i64 mono_us, payload
/// </code>
/// </summary>
public readonly record struct SpoolFrame(
    SpoolFrameType Type, Guid Session, uint Epoch, ulong Number, long WallUs, long MonoUs, ReadOnlyMemory<byte> Payload)
{
    /// <summary>"RSP1".</summary>
    public const uint Magic = 0x31505352;

    /// <summary>Magic, length, CRC: bytes before the body.</summary>
    public const int PrefixBytes = 12;

    /// <summary>Bytes of the body before the payload.</summary>
    public const int BodyHeaderBytes = 1 + 16 + 4 + 8 + 8 + 8;

    /// <summary>The largest body that is written or read: far above one batch of output (64 KiB) or one segment header.</summary>
    public const int MaxBodyBytes = 1 << 22;

    /// <summary>The whole frame's length in the file.</summary>
    public int FileBytes => PrefixBytes + BodyHeaderBytes + Payload.Length;

    /// <summary>Writes the frame.</summary>
    /// <param name="to">At least <see cref="FileBytes"/> long.</param>
    public void WriteTo(Span<byte> to)
    {
        var body = to.Slice(PrefixBytes, BodyHeaderBytes + Payload.Length);
        body[0] = (byte)Type;
        Session.TryWriteBytes(body[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(body[17..], Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(body[21..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(body[29..], WallUs);
        BinaryPrimitives.WriteInt64LittleEndian(body[37..], MonoUs);
        Payload.Span.CopyTo(body[BodyHeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], Crc32C(body));
    }

    /// <summary>Reads the body of a frame whose CRC was checked.</summary>
    public static SpoolFrame ReadBody(ReadOnlyMemory<byte> body)
    {
        var span = body.Span;
        return new((SpoolFrameType)span[0], new Guid(span.Slice(1, 16), bigEndian: true), BinaryPrimitives.ReadUInt32LittleEndian(span[17..]),
            BinaryPrimitives.ReadUInt64LittleEndian(span[21..]), BinaryPrimitives.ReadInt64LittleEndian(span[29..]),
            BinaryPrimitives.ReadInt64LittleEndian(span[37..]), body[BodyHeaderBytes..]);
    }

    /// <summary>CRC-32C (Castagnoli), which processors compute.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = 0xFFFFFFFFu;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (var b in data) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
