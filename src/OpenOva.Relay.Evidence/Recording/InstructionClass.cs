namespace OpenOva.Relay.Evidence.Recording;

/// <summary>
/// What kind of instruction guacd sent; every byte belongs to one (README.md section 3). The values stand in spool files: persisted, may only grow.
/// </summary>
public enum InstructionClass : byte
{
    /// <summary>Any opcode without a class of its own, and blob or end of a stream that was never begun. Left out.</summary>
    Unknown = 0,

    /// <summary>Drawing, layers and the cursor. Recorded.</summary>
    Drawing = 1,

    /// <summary>img streams. Recorded.</summary>
    Image = 2,

    /// <summary>audio streams. Recorded.</summary>
    Audio = 3,

    /// <summary>video streams. Recorded.</summary>
    Video = 4,

    /// <summary>sync. Recorded.</summary>
    Sync = 5,

    /// <summary>mouse as guacd itself sent it (1.6). Recorded.</summary>
    Pointer = 6,

    /// <summary>argv streams. Left out.</summary>
    Argv = 10,

    /// <summary>clipboard streams. Left out.</summary>
    Clipboard = 11,

    /// <summary>file streams. Left out.</summary>
    File = 12,

    /// <summary>pipe streams. Left out.</summary>
    Pipe = 13,

    /// <summary>filesystem, undefine and body. Left out.</summary>
    Object = 14,

    /// <summary>ack. Left out.</summary>
    Ack = 15,

    /// <summary>msg. Left out.</summary>
    Msg = 16,

    /// <summary>required. Left out.</summary>
    Required = 17,

    /// <summary>nop. Left out.</summary>
    Nop = 18,

    /// <summary>error. Left out.</summary>
    Error = 19,

    /// <summary>log. Left out.</summary>
    Log = 20,

    /// <summary>disconnect. Left out.</summary>
    Disconnect = 21,

    /// <summary>Not from guacd: mouse instructions that Relay made from the person's own pointer. Recorded.</summary>
    Synthesised = 255,
}

/// <summary>The names and the kept-or-not of the classes.</summary>
public static class InstructionClasses
{
    /// <summary>Every class that guacd's instructions fall into.</summary>
    public static IReadOnlyList<InstructionClass> All { get; } =
        [.. Enum.GetValues<InstructionClass>().Where(c => c != InstructionClass.Synthesised)];

    /// <summary>The classes that are not kept, by name: the manifest's <c>not_captured</c>.</summary>
    public static IReadOnlyList<string> LeftOut { get; } = [.. All.Where(c => !c.IsRecorded()).Select(c => c.Name()).Order(StringComparer.Ordinal)];

    /// <summary>Whether instructions of this class are in the recording.</summary>
    public static bool IsRecorded(this InstructionClass c) => c is (>= InstructionClass.Drawing and <= InstructionClass.Pointer) or InstructionClass.Synthesised;

    /// <summary>The name in manifests and segment headers.</summary>
    public static string Name(this InstructionClass c) => c switch
    {
        InstructionClass.Drawing => "drawing",
        InstructionClass.Image => "image",
        InstructionClass.Audio => "audio",
        InstructionClass.Video => "video",
        InstructionClass.Sync => "sync",
        InstructionClass.Pointer => "pointer",
        InstructionClass.Argv => "argv",
        InstructionClass.Clipboard => "clipboard",
        InstructionClass.File => "file",
        InstructionClass.Pipe => "pipe",
        InstructionClass.Object => "object",
        InstructionClass.Ack => "ack",
        InstructionClass.Msg => "msg",
        InstructionClass.Required => "required",
        InstructionClass.Nop => "nop",
        InstructionClass.Error => "error",
        InstructionClass.Log => "log",
        InstructionClass.Disconnect => "disconnect",
        InstructionClass.Synthesised => "synthesised",
        _ => "unknown",
    };
}
