using System.Buffers;
using System.Text;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Tests.Sessions;

/// <summary>Instructions as a test writes them, <c>clipboard,1,text/plain</c>, as the codec reads them.</summary>
internal static class ChannelInstructions
{
    public delegate T On<T>(in Instruction instruction);

    public delegate void OnAck(in Instruction ack);

    public static T With<T>(string instruction, On<T> act)
    {
        var buffer = Wire(instruction);
        return new InstructionParser().TryRead(ref buffer, out var parsed) ? act(parsed) : throw new ArgumentException(instruction);
    }

    public static void Acknowledge(string ack, OnAck acknowledged) => With(ack, (in Instruction parsed) =>
    {
        acknowledged(parsed);
        return true;
    });

    public static ReadOnlySequence<byte> Wire(string instruction) => new(Encoding.UTF8.GetBytes(
        string.Join(',', instruction.Split(',').Select(element => $"{element.EnumerateRunes().Count()}.{element}")) + ";"));
}
