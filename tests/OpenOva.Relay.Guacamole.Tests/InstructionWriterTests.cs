using System.Buffers;
using System.Text;

namespace OpenOva.Relay.Guacamole.Tests;

[Trait("Kind", "Fast")]
public sealed class InstructionWriterTests
{
    [Fact]
    public void Writers_WriteTheirGrammar()
    {
        AssertWrites("4.sync,7.4182011;", output => InstructionWriter.WriteSync(output, 4182011));
        AssertWrites("4.sync,19.9223372036854775807;", output => InstructionWriter.WriteSync(output, long.MaxValue));
        AssertWrites("3.nop;", InstructionWriter.WriteNop);
        AssertWrites("10.disconnect;", InstructionWriter.WriteDisconnect);
        AssertWrites("5.mouse,3.200,2.-5,1.1,7.4182040;", output => InstructionWriter.WriteMouse(output, 200, -5, 1, 4182040));
        AssertWrites("3.key,5.65293,1.1,7.4182040;", output => InstructionWriter.WriteKey(output, 65293, true, 4182040));
        AssertWrites("3.key,2.97,1.0,1.0;", output => InstructionWriter.WriteKey(output, 97, false, 0));
        AssertWrites("5.error,18.Aborted. See logs.,3.776;", output => InstructionWriter.WriteError(output, "Aborted. See logs.", GuacamoleStatus.ClientTimeout));
        AssertWrites("3.ack,1.0,9.Forbidden,3.771;", output => InstructionWriter.WriteAck(output, 0, "Forbidden", GuacamoleStatus.ClientForbidden));
        AssertWrites("4.argv,1.3,10.text/plain,8.password;", output => InstructionWriter.WriteArgv(output, 3, "text/plain", "password"));
        AssertWrites("4.blob,1.3,4.MTI=;", output => InstructionWriter.WriteBlob(output, 3, "12"u8));
        AssertWrites("4.blob,1.3,0.;", output => InstructionWriter.WriteBlob(output, 3, []));
        AssertWrites("3.end,1.3;", output => InstructionWriter.WriteEnd(output, 3));
        AssertWrites("4.name,5.Zoë 😀;", output => InstructionWriter.Write(output, Opcodes.Name, "Zoë 😀"));
        AssertWrites("4.name,5.Zoë 😀;", output => InstructionWriter.Write(output, Opcodes.Name, "Zoë 😀"u8));
        AssertWrites("4.size,1.1,1.2;", output => InstructionWriter.Write(output, Opcodes.Size, "1"u8, "2"u8));
        AssertWrites("4.size,1.1,1.2,0.;", output => InstructionWriter.Write(output, Opcodes.Size, "1"u8, "2"u8, ""u8));
        AssertWrites("0.,4.ping,1.1;", output => InstructionWriter.Write(output, Opcodes.Internal, "ping", "1"));
        AssertWrites("5.audio;", output => InstructionWriter.Write(output, Opcodes.Audio));
    }

    [Fact]
    public void Blob_AtItsLimit_IsOneReadableInstruction()
    {
        var data = new byte[GuacamoleLimits.MaxBlobBytes];
        new Random(1).NextBytes(data);
        var output = new ArrayBufferWriter<byte>();
        InstructionWriter.WriteBlob(output, 63, data);
        var blob = Assert.Single(StreamReading.Read(output.WrittenSpan.ToArray(), []).Instructions);
        Assert.Equal(data, Convert.FromBase64String(blob[2]));
    }

    [Fact]
    public void UnpairedSurrogate_IsReplacedAndCountedOnce() =>
        AssertWrites("4.name,5.a\uFFFDb\uFFFD\uFFFD;", output => InstructionWriter.Write(output, Opcodes.Name, "a\uD83Db\uDE00\uD83D"));

    private static void AssertWrites(string expected, Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.Single(StreamReading.Read(output.WrittenSpan.ToArray(), []).Instructions);
    }
}
