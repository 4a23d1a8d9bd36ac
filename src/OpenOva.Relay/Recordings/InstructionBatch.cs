using System.Buffers;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Recordings;

/// <summary>
/// The instructions of one read from guacd: their recorded bytes, and counts by class of all of them. Reused from read to read; nothing is allocated once it
/// has grown to a connection's usual size.
/// </summary>
internal sealed class InstructionBatch
{
    /// <summary>A batch is written before it is larger than this, bytes: one spool frame holds it.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int InitialBytes = 16 * 1024;
    private readonly Tally[] _tallies = new Tally[256];
    private readonly List<InstructionClass> _classes = [];
    private ArrayBufferWriter<byte> _recorded = new(InitialBytes);

    public ReadOnlySpan<byte> Recorded => _recorded.WrittenSpan;

    /// <summary>Instructions in <see cref="Recorded"/>.</summary>
    public long RecordedInstructions { get; private set; }

    public long? FirstSyncMs { get; private set; }

    public long? LastSyncMs { get; private set; }

    /// <summary>Whether the last instruction was a sync: a good place to end a segment.</summary>
    public bool EndsWithSync { get; private set; }

    public bool IsEmpty => _classes.Count == 0;

    public IReadOnlyList<InstructionClass> Classes => _classes;

    public Tally this[InstructionClass c] => _tallies[(byte)c];

    public void Add(InstructionClass c, ReadOnlySpan<byte> raw, long? syncMs)
    {
        if (_tallies[(byte)c].Count == 0) _classes.Add(c);
        _tallies[(byte)c] += new Tally(1, raw.Length);
        if (c.IsRecorded())
        {
            _recorded.Write(raw);
            RecordedInstructions++;
        }

        FirstSyncMs ??= syncMs;
        LastSyncMs = syncMs ?? LastSyncMs;
        EndsWithSync = c == InstructionClass.Sync;
    }

    public void Clear()
    {
        foreach (var c in _classes) _tallies[(byte)c] = default;
        _classes.Clear();
        // A burst's buffer is not kept for the quiet hours after it.
        if (_recorded.Capacity > 4 * InitialBytes) _recorded = new(InitialBytes);
        else _recorded.ResetWrittenCount();
        (RecordedInstructions, FirstSyncMs, LastSyncMs, EndsWithSync) = (0, null, null, false);
    }
}
