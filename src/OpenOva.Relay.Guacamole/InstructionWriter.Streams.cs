using System.Buffers;
using System.Buffers.Text;

namespace OpenOva.Relay.Guacamole;

/// <summary>Writers for streams: opened by one instruction, filled by blobs, ended.</summary>
public static partial class InstructionWriter
{
    // argv,<stream>,<mimetype>,<name>
    /// <summary>Opens a stream that carries the value of a parameter: <c>4.argv,1.0,10.text/plain,8.password;</c>.</summary>
    public static void WriteArgv(IBufferWriter<byte> output, int stream, string mimetype, string name)
    {
        var elements = new Elements(
            output, Elements.Bound(Opcodes.Argv) + Elements.NumberBound + Elements.Bound(mimetype) + Elements.Bound(name));
        elements.Add(Opcodes.Argv);
        elements.Add(stream);
        elements.Add(mimetype);
        elements.Add(name);
        elements.End();
    }

    // blob,<stream>,<base64>
    /// <summary>Writes a piece of a stream: <c>4.blob,1.0,4.MTI=;</c>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="stream">Its index.</param>
    /// <param name="data">At most <see cref="GuacamoleLimits.MaxBlobBytes"/> bytes, not yet in base64.</param>
    public static void WriteBlob(IBufferWriter<byte> output, int stream, ReadOnlySpan<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, GuacamoleLimits.MaxBlobBytes, nameof(data));
        var length = Base64.GetMaxEncodedToUtf8Length(data.Length);
        var elements = new Elements(output, Elements.Bound(Opcodes.Blob) + Elements.NumberBound + Elements.Bound(length));
        elements.Add(Opcodes.Blob);
        elements.Add(stream);
        elements.AddBase64(data, length);
        elements.End();
    }

    // end,<stream>
    /// <summary>Ends a stream: <c>3.end,1.0;</c>.</summary>
    public static void WriteEnd(IBufferWriter<byte> output, int stream) => WriteNumbers(output, Opcodes.End, stream);
}
