using System.Buffers;

namespace OpenOva.Relay.Guacamole;

/// <summary>
/// Writes instructions. Each call writes one whole instruction or nothing: what guacd could not read again
/// (<see cref="GuacamoleLimits"/>) is an <see cref="ArgumentException"/> that names the element and never its value.
/// Unpaired surrogates of a string become U+FFFD, since UTF-8 has no form for them.
/// </summary>
public static partial class InstructionWriter
{
    /// <summary>Writes an instruction of any kind from text.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> opcode, params ReadOnlySpan<string> args)
    {
        var size = Elements.Bound(opcode);
        foreach (var arg in args)
            size += Elements.Bound(arg);

        var elements = new Elements(output, size);
        elements.Add(opcode);
        foreach (var arg in args)
            elements.Add(arg);
        elements.End();
    }

    /// <summary>Writes an instruction with one argument given as UTF-8.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> opcode, ReadOnlySpan<byte> arg)
    {
        var elements = new Elements(output, Elements.Bound(opcode) + Elements.Bound(arg));
        elements.Add(opcode);
        elements.Add(arg);
        elements.End();
    }

    /// <summary>Writes an instruction with two arguments given as UTF-8.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> opcode, ReadOnlySpan<byte> arg1, ReadOnlySpan<byte> arg2)
    {
        var elements = new Elements(output, Elements.Bound(opcode) + Elements.Bound(arg1) + Elements.Bound(arg2));
        elements.Add(opcode);
        elements.Add(arg1);
        elements.Add(arg2);
        elements.End();
    }

    /// <summary>Writes an instruction with three arguments given as UTF-8.</summary>
    public static void Write(
        IBufferWriter<byte> output, ReadOnlySpan<byte> opcode, ReadOnlySpan<byte> arg1, ReadOnlySpan<byte> arg2, ReadOnlySpan<byte> arg3)
    {
        var elements = new Elements(
            output, Elements.Bound(opcode) + Elements.Bound(arg1) + Elements.Bound(arg2) + Elements.Bound(arg3));
        elements.Add(opcode);
        elements.Add(arg1);
        elements.Add(arg2);
        elements.Add(arg3);
        elements.End();
    }

    /// <summary>Copies an instruction exactly as it was read.</summary>
    public static void WriteRaw(IBufferWriter<byte> output, in Instruction instruction) => output.Write(instruction.Raw);

    // sync,<timestamp>   (a client's answer, and guacd's own form up to 1.5; from 1.6.0 guacd adds <frames>, which is not echoed)
    /// <summary>Writes <c>4.sync,7.4182011;</c>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="timestamp">guacd's monotonic milliseconds. An answer above the last one guacd sent makes it drop the user.</param>
    public static void WriteSync(IBufferWriter<byte> output, long timestamp) => WriteNumbers(output, Opcodes.Sync, timestamp);

    // nop
    /// <summary>Writes <c>3.nop;</c>.</summary>
    public static void WriteNop(IBufferWriter<byte> output) => output.Write("3.nop;"u8);

    // disconnect
    /// <summary>Writes <c>10.disconnect;</c>.</summary>
    public static void WriteDisconnect(IBufferWriter<byte> output) => output.Write("10.disconnect;"u8);

    // mouse,<x>,<y>,<mask>,<timestamp>   (guacd's and a recording's form; a client sends no timestamp)
    /// <summary>Writes a pointer event as a recording holds it: <c>5.mouse,3.200,3.150,1.1,7.4182040;</c>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="x">Pixels from the left.</param>
    /// <param name="y">Pixels from the top.</param>
    /// <param name="buttonMask">Buttons held: 1 left, 2 middle, 4 right, 8 wheel up, 16 wheel down.</param>
    /// <param name="timestamp">Milliseconds on the clock of the recording's <c>sync</c>.</param>
    public static void WriteMouse(IBufferWriter<byte> output, int x, int y, int buttonMask, long timestamp) =>
        WriteNumbers(output, Opcodes.Mouse, x, y, buttonMask, timestamp);

    // key,<keysym>,<pressed>,<timestamp>   (guacd's and a recording's form; a client sends no timestamp)
    /// <summary>Writes a key event as a recording holds it: <c>3.key,5.65293,1.1,7.4182040;</c>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="keysym">X11 keysym.</param>
    /// <param name="pressed">Pressed, else released.</param>
    /// <param name="timestamp">Milliseconds on the clock of the recording's <c>sync</c>.</param>
    public static void WriteKey(IBufferWriter<byte> output, int keysym, bool pressed, long timestamp) =>
        WriteNumbers(output, Opcodes.Key, keysym, pressed ? 1 : 0, timestamp);

    // error,<text>,<status>
    /// <summary>Writes <c>5.error,18.Aborted. See logs.,3.776;</c>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="text">For people; never a secret.</param>
    /// <param name="status">Decimal on the wire.</param>
    public static void WriteError(IBufferWriter<byte> output, string text, GuacamoleStatus status)
    {
        var elements = new Elements(output, Elements.Bound(Opcodes.Error) + Elements.Bound(text) + Elements.NumberBound);
        elements.Add(Opcodes.Error);
        elements.Add(text);
        elements.Add((int)status);
        elements.End();
    }

    // ack,<stream>,<text>,<status>
    /// <summary>Writes the answer to a stream or a blob: <c>3.ack,1.0,9.Forbidden,3.771;</c>.</summary>
    public static void WriteAck(IBufferWriter<byte> output, int stream, string text, GuacamoleStatus status)
    {
        var elements = new Elements(output, Elements.Bound(Opcodes.Ack) + Elements.Bound(text) + 2 * Elements.NumberBound);
        elements.Add(Opcodes.Ack);
        elements.Add(stream);
        elements.Add(text);
        elements.Add((int)status);
        elements.End();
    }

    private static void WriteNumbers(IBufferWriter<byte> output, ReadOnlySpan<byte> opcode, params ReadOnlySpan<long> numbers)
    {
        var elements = new Elements(output, Elements.Bound(opcode) + numbers.Length * Elements.NumberBound);
        elements.Add(opcode);
        foreach (var number in numbers)
            elements.Add(number);
        elements.End();
    }
}
