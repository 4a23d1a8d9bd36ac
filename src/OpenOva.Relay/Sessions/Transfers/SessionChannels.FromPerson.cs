using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Transfers;

/// <summary>What the person sends.</summary>
internal sealed partial class SessionChannels
{
    /// <summary>What becomes of an instruction of the person's that is neither input nor housekeeping. One of an unknown opcode goes nowhere.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="isBlind">He does not see what the target draws now: nothing new is begun, what goes on may be finished.</param>
    /// <param name="isLocked">Nothing at all may go on.</param>
    /// <exception cref="GuacamoleProtocolException"><see cref="GuacamoleProtocolError.BadStream"/>.</exception>
    public ChannelJudgement FromPerson(in Instruction instruction, bool isBlind, bool isLocked)
    {
        if (instruction.Is(Opcodes.Blob)) return Blob(_in, instruction, isLocked);
        if (instruction.Is(Opcodes.End)) return End(_in, instruction);
        var mayBegin = !isBlind && !isLocked;
        if (instruction.Is(Opcodes.Get)) return Get(instruction, mayBegin);
        // A pipe reaches what the target's side makes of its name: no channel stands for that.
        var (form, channel) = instruction.Is(Opcodes.Clipboard) ? (new StreamForm(TransferKind.Clipboard, 1, IsNamed: false), Channels.ClipboardIn)
            : instruction.Is(Opcodes.File) ? (new StreamForm(TransferKind.File, 1, IsNamed: true), Channels.FileUpload)
            : instruction.Is(Opcodes.Put) ? (new StreamForm(TransferKind.File, 2, IsNamed: true), Channels.FileUpload)
            : instruction.Is(Opcodes.Audio) ? (new StreamForm(TransferKind.Audio, 1, IsNamed: false), Channels.AudioIn)
            : instruction.Is(Opcodes.Pipe) ? (new StreamForm(TransferKind.Pipe, 1, IsNamed: true), Channels.None)
            : default;
        return form.Kind == TransferKind.Unspecified ? ChannelJudgement.Drop : Open(_in, TransferDirection.In, instruction, form, mayBegin && _open.HasAny(channel));
    }

    /// <summary>The person says what became of a stream of guacd's.</summary>
    public void PersonAcknowledged(in Instruction ack)
    {
        // guacd closes such a stream without another word.
        if (Acknowledged(_out, ack) is null || !ack.TryGetInt32(1, out var stream)) return;
        lock (_gate) _out.Remove(stream);
    }

    // Asks for a file or a folder, without a stream; guacd's answer is judged when it comes.
    private ChannelJudgement Get(in Instruction instruction, bool mayBegin)
    {
        if (mayBegin && _open.HasAny(Files)) return ChannelJudgement.Pass;
        var now = _time.GetUnixMicroseconds();
        var name = TransferNote.NameOf(instruction.Count > 2 ? instruction.GetString(2) : "");
        _note(new(TransferKind.File, TransferDirection.Out, TransferOutcome.Refused, (int)GuacamoleStatus.ClientForbidden, null, name, 0, null, 1, now, now));
        return ChannelJudgement.Drop;
    }
}
