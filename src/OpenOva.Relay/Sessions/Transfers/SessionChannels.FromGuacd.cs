using OpenOva.Relay.Connections;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Transfers;

/// <summary>What guacd sends. All of it was received, and is counted or recorded as its class says, before it is judged.</summary>
internal sealed partial class SessionChannels
{
    private static ReadOnlySpan<byte> Listing => "application/vnd.glyptodon.guacamole.stream-index+json"u8;

    private static ReadOnlySpan<byte> Pdf => "application/pdf"u8;

    /// <summary>Whether instructions of that class are judged.</summary>
    public static bool Judges(InstructionClass c) =>
        c is InstructionClass.Clipboard or InstructionClass.File or InstructionClass.Pipe or InstructionClass.Object or InstructionClass.Audio;

    /// <summary>What becomes of an instruction of guacd's, of a class that is judged.</summary>
    /// <param name="c">Its class: of a blob or an end, that of its stream.</param>
    /// <param name="instruction">The instruction.</param>
    /// <exception cref="GuacamoleProtocolException"><see cref="GuacamoleProtocolError.BadStream"/>.</exception>
    public ChannelJudgement FromGuacd(InstructionClass c, in Instruction instruction)
    {
        if (c == InstructionClass.Audio && _open.HasFlag(Channels.AudioOut)) return ChannelJudgement.Pass;
        if (instruction.Is(Opcodes.Blob)) return Blob(_out, instruction, isLocked: false);
        if (instruction.Is(Opcodes.End)) return End(_out, instruction);
        if (instruction.Is(Opcodes.Filesystem) || instruction.Is(Opcodes.Undefine)) return _open.HasAny(Files) ? ChannelJudgement.Pass : ChannelJudgement.Drop;
        var (form, channel) = c switch
        {
            InstructionClass.Clipboard => (new StreamForm(TransferKind.Clipboard, 1, IsNamed: false), Channels.ClipboardOut),
            InstructionClass.File when IsPrintJob(instruction) => (new StreamForm(TransferKind.Print, 1, IsNamed: true), Channels.Printing),
            InstructionClass.File => (new StreamForm(TransferKind.File, 1, IsNamed: true), Channels.FileDownload),
            // Whoever uploads must find the folder.
            InstructionClass.Object when Is(instruction, 3, Listing) => (new StreamForm(TransferKind.Listing, 2, IsNamed: true), Files),
            InstructionClass.Object => (new StreamForm(TransferKind.File, 2, IsNamed: true), Channels.FileDownload),
            InstructionClass.Audio => (new StreamForm(TransferKind.Audio, 1, IsNamed: false), Channels.AudioOut),
            _ => (new StreamForm(TransferKind.Pipe, 1, IsNamed: true), Channels.None),
        };
        var judged = Open(_out, TransferDirection.Out, instruction, form, _open.HasAny(channel));
        // Clipboard and sound come without waiting for anybody.
        return judged.Verdict == ChannelVerdict.Refuse && form.Kind is TransferKind.Clipboard or TransferKind.Audio ? ChannelJudgement.Drop : judged;
    }

    /// <summary>guacd says what became of a stream of the person's.</summary>
    public void GuacdAcknowledged(in Instruction ack) => Acknowledged(_in, ack);

    // guacd's RDP gives print jobs alone this type; files of a drive or of SFTP are application/octet-stream (print-job.c, download.c, common-ssh/sftp.c).
    private bool IsPrintJob(in Instruction instruction) => _isRdp && Is(instruction, 2, Pdf);

    private static bool Is(in Instruction instruction, int at, ReadOnlySpan<byte> value) => instruction.Count > at && instruction[at].SequenceEqual(value);
}
