using System.Collections.Frozen;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Recordings;

/// <summary>
/// Tells the class of each instruction that guacd sends after ready: an allow-list of what guacd itself would have recorded, and a table of open streams, so
/// that blob and end follow their stream. One instance, one connection.
/// </summary>
internal sealed class InstructionClassifier
{
    // protocols.md 1.6: at most 512 streams a user, client-level indices odd, user-level even.
    private const int MaxStreams = 1024;

    private static readonly FrozenDictionary<UInt128, (InstructionClass Class, int StreamAt)> Classes = Build();
    private readonly InstructionClass?[] _streams = new InstructionClass?[MaxStreams];

    /// <summary>The instruction's class. Nothing is allocated.</summary>
    public InstructionClass Classify(in Instruction instruction)
    {
        var opcode = instruction.Opcode;
        if (opcode.SequenceEqual(Opcodes.Blob)) return StreamOf(instruction, ends: false);
        if (opcode.SequenceEqual(Opcodes.End)) return StreamOf(instruction, ends: true);
        if (!Classes.TryGetValue(Key(opcode), out var found)) return InstructionClass.Unknown;
        if (found.StreamAt > 0 && instruction.Count > found.StreamAt && instruction.TryGetInt32(found.StreamAt, out var stream)
            && stream is >= 0 and < MaxStreams)
        {
            _streams[stream] = found.Class;
        }

        return found.Class;
    }

    private InstructionClass StreamOf(in Instruction instruction, bool ends)
    {
        if (instruction.Count < 2 || !instruction.TryGetInt32(1, out var stream) || stream is < 0 or >= MaxStreams) return InstructionClass.Unknown;
        var found = _streams[stream] ?? InstructionClass.Unknown;
        if (ends) _streams[stream] = null;
        return found;
    }

    private static FrozenDictionary<UInt128, (InstructionClass, int)> Build()
    {
        var classes = new Dictionary<UInt128, (InstructionClass, int)>();
        Add(InstructionClass.Drawing, 0, "arc", "cfill", "clip", "close", "copy", "cstroke", "cursor", "curve", "dispose", "distort", "identity", "lfill", "line",
            "lstroke", "move", "nest", "pop", "push", "rect", "reset", "set", "shade", "size", "start", "transfer", "transform");
        Add(InstructionClass.Image, 1, "img");
        Add(InstructionClass.Audio, 1, "audio");
        Add(InstructionClass.Video, 1, "video");
        Add(InstructionClass.Sync, 0, "sync");
        Add(InstructionClass.Pointer, 0, "mouse");
        Add(InstructionClass.Argv, 1, "argv");
        Add(InstructionClass.Clipboard, 1, "clipboard");
        Add(InstructionClass.File, 1, "file");
        Add(InstructionClass.Pipe, 1, "pipe");
        Add(InstructionClass.Object, 0, "filesystem", "undefine");
        Add(InstructionClass.Object, 2, "body");
        Add(InstructionClass.Ack, 0, "ack");
        Add(InstructionClass.Msg, 0, "msg");
        Add(InstructionClass.Required, 0, "required");
        Add(InstructionClass.Nop, 0, "nop");
        Add(InstructionClass.Error, 0, "error");
        Add(InstructionClass.Log, 0, "log");
        Add(InstructionClass.Disconnect, 0, "disconnect");
        return classes.ToFrozenDictionary();

        void Add(InstructionClass c, int streamAt, params ReadOnlySpan<string> opcodes)
        {
            foreach (var opcode in opcodes) classes[Key(System.Text.Encoding.ASCII.GetBytes(opcode))] = (c, streamAt);
        }
    }

    // The opcode's bytes as a number; none is longer than 15, and a longer one is no opcode of the list.
    private static UInt128 Key(ReadOnlySpan<byte> opcode)
    {
        if (opcode.Length > 15) return UInt128.MaxValue;
        var key = (UInt128)(uint)opcode.Length;
        foreach (var b in opcode) key = key << 8 | b;
        return key;
    }
}
