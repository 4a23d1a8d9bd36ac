using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Transfers;

/// <summary>
/// Keeps the channels of one session's connection in its path, in both directions, whatever guacd or the browser does: an allow-list of streams that are open. What
/// belongs to none of them does not pass. What passes is counted and hashed, and noted when it is over.
/// </summary>
internal sealed partial class SessionChannels : IDisposable
{
    /// <summary>Streams that are open at a time, in each direction; one more is refused.</summary>
    public const int MaxOpen = 64;

    /// <summary>guacamole-common-js takes the lowest index that is free; the highest that guacd allows a user is Relay's own.</summary>
    public const int OwnStream = 63;

    // protocols: guacd has 64 streams of a user, or 512, and as many of its own.
    private const int MaxStreams = 1_024;
    private const Channels Files = Channels.FileUpload | Channels.FileDownload;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, OpenTransfer> _in = [];
    private readonly Dictionary<int, OpenTransfer> _out = [];
    private readonly bool _isRdp;
    private readonly Channels _open;
    private readonly Action<TransferNote> _note;
    private readonly TimeProvider _time;
    private byte[] _scratch = [];
    private bool _closed;

    /// <param name="protocol">guacd's name of it.</param>
    /// <param name="open">What the connection lets through.</param>
    /// <param name="note">Takes what is to be noted; must not block.</param>
    /// <param name="time">The clock.</param>
    public SessionChannels(string protocol, Channels open, Action<TransferNote> note, TimeProvider time) =>
        (_isRdp, _open, _note, _time) = (protocol == "rdp", open, note, time);

    /// <summary>The session is over: what is open was not completed, and nothing passes any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var transfer in _in.Values.Concat(_out.Values)) Finish(transfer, TransferOutcome.Aborted, GuacamoleStatus.Success);
            _in.Clear();
            _out.Clear();
        }
    }

    public void Dispose() => Close();

    private ChannelJudgement Open(Dictionary<int, OpenTransfer> streams, TransferDirection direction, in Instruction instruction, StreamForm form, bool isAllowed)
    {
        var stream = StreamOf(instruction, form.StreamAt);
        if (instruction.Count <= form.StreamAt + 1) throw Bad();
        var mimetype = instruction.GetString(form.StreamAt + 1);
        string? name = form.IsNamed ? TransferNote.NameOf(instruction.Count > form.StreamAt + 2 ? instruction.GetString(form.StreamAt + 2) : "") : null;
        var now = _time.GetUnixMicroseconds();
        lock (_gate)
        {
            if (_closed) return ChannelJudgement.Drop;
            // An index that is given again: its stream before was not ended.
            if (streams.Remove(stream, out var before)) Finish(before, TransferOutcome.Aborted, GuacamoleStatus.Success);
            var isReserved = direction == TransferDirection.In && stream == OwnStream;
            var why = !isAllowed || isReserved ? GuacamoleStatus.ClientForbidden : streams.Count >= MaxOpen ? GuacamoleStatus.ClientTooMany : GuacamoleStatus.Success;
            if (why == GuacamoleStatus.Success)
            {
                streams[stream] = new OpenTransfer(form.Kind, direction, mimetype, name, now);
                return ChannelJudgement.Pass;
            }

            _note(new(form.Kind, direction, TransferOutcome.Refused, (int)why, TransferNote.MimetypeOf(mimetype), name, 0, null, 1, now, now));
            return new(ChannelVerdict.Refuse, stream, why);
        }
    }

    private ChannelJudgement Blob(Dictionary<int, OpenTransfer> streams, in Instruction instruction, bool isLocked)
    {
        var stream = StreamOf(instruction, 1);
        if (instruction.Count < 3) throw Bad();
        lock (_gate)
        {
            if (!streams.TryGetValue(stream, out var transfer) || transfer.IsOver) return ChannelJudgement.Drop;
            if (isLocked)
            {
                // A piece that is missing must not look like a whole.
                streams.Remove(stream);
                Finish(transfer, TransferOutcome.Aborted, GuacamoleStatus.ClientForbidden);
                return new(ChannelVerdict.Cut, stream, GuacamoleStatus.ClientForbidden);
            }

            if (_scratch.Length == 0) _scratch = new byte[GuacamoleLimits.MaxElementLength];
            return transfer.TryAppend(instruction[2], _scratch) ? ChannelJudgement.Pass : throw Bad();
        }
    }

    private ChannelJudgement End(Dictionary<int, OpenTransfer> streams, in Instruction instruction)
    {
        var stream = StreamOf(instruction, 1);
        lock (_gate)
        {
            if (!streams.Remove(stream, out var transfer)) return ChannelJudgement.Drop;
            Finish(transfer, TransferOutcome.Complete, GuacamoleStatus.Success);
            return ChannelJudgement.Pass;
        }
    }

    // What the receiver of a stream says of it: a failure is the end of it.
    private OpenTransfer? Acknowledged(Dictionary<int, OpenTransfer> streams, in Instruction ack)
    {
        if (!ack.TryGetInt32(1, out var stream) || !ack.TryGetInt32(3, out var status) || status == 0) return null;
        lock (_gate)
        {
            if (!streams.TryGetValue(stream, out var transfer) || transfer.IsOver) return null;
            Finish(transfer, TransferOutcome.Aborted, (GuacamoleStatus)status);
            return transfer;
        }
    }

    private void Finish(OpenTransfer transfer, TransferOutcome outcome, GuacamoleStatus status)
    {
        if (transfer.IsOver) return;
        transfer.IsOver = true;
        if (transfer.Note(outcome, (int)status, _time.GetUnixMicroseconds()) is { } note) _note(note);
        transfer.Dispose();
    }

    private static int StreamOf(in Instruction instruction, int at) =>
        instruction.TryGetInt32(at, out var stream) && stream is >= 0 and < MaxStreams ? stream : throw Bad();

    private static GuacamoleProtocolException Bad() => new(GuacamoleProtocolError.BadStream, 0);

    /// <summary>Where the elements of an opening instruction stand: the stream, its type after it, and its name after that.</summary>
    private readonly record struct StreamForm(TransferKind Kind, int StreamAt, bool IsNamed);
}
