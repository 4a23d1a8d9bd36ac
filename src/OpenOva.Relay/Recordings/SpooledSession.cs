using System.Buffers;
using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Recordings;

/// <summary>
/// Where the frames of one session stand in the spool, in their order: a few bytes a frame, because a busy day has a million of them. Written by one thread
/// at a time, read by others.
/// </summary>
internal sealed class SpooledSession(Guid id)
{
    private readonly Lock _gate = new();
    private bool _finished;
    private readonly ArrayBufferWriter<byte> _encoded = new(64);
    // Before the first byte of file 0, which is where reading begins too.
    private SpoolPosition _last = new(0, -1);

    public Guid Id { get; } = id;

    /// <summary>It is being sealed, or was: what of it is not in the store yet need not go there any more.</summary>
    public bool IsFinished
    {
        get => Volatile.Read(ref _finished);
        set => Volatile.Write(ref _finished, value);
    }

    /// <summary>The number of frames.</summary>
    public ulong Count { get; private set; }

    public void Add(SpoolPosition position)
    {
        lock (_gate)
        {
            // A frame in another file is told from one further on by the step of zero that stands before it.
            if (position.File != _last.File)
            {
                Write(0);
                Write((ulong)position.File);
                _last = new(position.File, -1);
            }

            Write((ulong)(position.Offset - _last.Offset));
            _last = position;
            Count++;
        }
    }

    /// <summary>A part of the frames.</summary>
    public IReadOnlyList<SpoolPosition> Range(ulong first, ulong count) => [.. All().Skip((int)first).Take((int)count)];

    /// <summary>All frames that there are now.</summary>
    public IEnumerable<SpoolPosition> All()
    {
        byte[] encoded;
        lock (_gate) encoded = _encoded.WrittenSpan.ToArray();
        var (file, offset, at) = (0L, -1L, 0);
        while (at < encoded.Length)
        {
            var step = Read(encoded, ref at);
            if (step == 0)
            {
                (file, offset) = ((long)Read(encoded, ref at), -1);
                continue;
            }

            offset += (long)step;
            yield return new(file, offset);
        }
    }

    private void Write(ulong value)
    {
        var to = _encoded.GetSpan(10);
        var n = 0;
        for (; value >= 0x80; value >>= 7) to[n++] = (byte)(value | 0x80);
        to[n++] = (byte)value;
        _encoded.Advance(n);
    }

    private static ulong Read(byte[] encoded, ref int at)
    {
        var (value, shift) = (0ul, 0);
        while (true)
        {
            var b = encoded[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
            shift += 7;
        }
    }
}
