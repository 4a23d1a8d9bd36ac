using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Transfers;

/// <summary>One note on its way into the ledger, under the id that it is written by once.</summary>
internal sealed record PendingNote(string Id, byte[] Salt, TransferNote Note);

/// <summary>
/// The transfers of one session that the ledger does not have yet: in each minute the first ones singly, the rest as one count of each kind, direction and outcome, so
/// that whoever pastes without end adds to a count and to nothing else. What cannot be written waits here, bounded.
/// </summary>
internal sealed class TransferLog(string organisation, string session, TimeProvider time)
{
    public const int SinglesAMinute = 30;
    private const int MostPending = 200;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<TransferNote> _singles = [];
    private readonly Dictionary<(TransferKind, TransferDirection, TransferOutcome), TransferNote> _counts = [];
    private long _windowBegan = time.GetTimestamp();
    private long _countsBegan;
    private int _inWindow;
    private bool _closed;

    public string Organisation => organisation;

    public string Session => session;

    /// <summary>Taken and not yet written; guarded by <see cref="Writing"/>.</summary>
    public List<PendingNote> Pending { get; } = [];

    /// <summary>One writes at a time.</summary>
    public SemaphoreSlim Writing { get; } = new(1, 1);

    /// <summary>Nothing more comes and nothing waits.</summary>
    public bool IsDone
    {
        get
        {
            lock (_gate) return _closed && _singles.Count == 0 && _counts.Count == 0 && Pending.Count == 0;
        }
    }

    /// <summary>Notes a transfer. Never blocks.</summary>
    public void Add(TransferNote note)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_windowBegan) >= Window) (_windowBegan, _inWindow) = (time.GetTimestamp(), 0);
            if (_inWindow < SinglesAMinute && _singles.Count < SinglesAMinute)
            {
                _inWindow++;
                _singles.Add(note);
                return;
            }

            if (_counts.Count == 0) _countsBegan = time.GetTimestamp();
            var key = (note.Kind, note.Direction, note.Outcome);
            _counts[key] = _counts.TryGetValue(key, out var counted) ? counted.With(note) : note;
        }
    }

    /// <summary>The session is over: what is counted is due at once.</summary>
    public void Close()
    {
        lock (_gate) _closed = true;
    }

    /// <summary>Moves what is due to <see cref="Pending"/>; whoever calls holds <see cref="Writing"/>.</summary>
    public void Take(Func<TransferNote, PendingNote> give)
    {
        lock (_gate)
        {
            if (Pending.Count >= MostPending) return;
            Pending.AddRange(_singles.Select(give));
            _singles.Clear();
            if (_counts.Count == 0 || (!_closed && time.GetElapsedTime(_countsBegan) < Window)) return;
            Pending.AddRange(_counts.Values.OrderBy(note => note.FirstUs).Select(give));
            _counts.Clear();
        }
    }
}
