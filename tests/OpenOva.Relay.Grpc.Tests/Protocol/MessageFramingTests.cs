using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Protocol;

namespace OpenOva.Relay.Grpc.Tests.Protocol;

[Trait("Kind", "Fast")]
public sealed class MessageFramingTests
{
    private static readonly GzipCompressionProvider s_gzip = new(CompressionLevel.Fastest);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_UnderEverySplit_ComeBack(bool compressed)
    {
        string[] messages = ["", "a", new('b', 60), "", "last"];
        var wire = messages.SelectMany(message => FrameOf(message, compressed)).ToArray();
        for (var split = 0; split <= wire.Length; split++)
        {
            var (pipe, reader) = Reader(compressed ? "gzip" : null);
            var reading = ReadAllAsync(reader);
            await pipe.Writer.WriteAsync(wire.AsMemory(0, split), TestContext.Current.CancellationToken);
            await pipe.Writer.WriteAsync(wire.AsMemory(split), TestContext.Current.CancellationToken);
            await pipe.Writer.CompleteAsync();
            Assert.Equal(messages, await reading.Within());
        }
    }

    [Fact]
    public async Task Messages_ByteByByte_ComeBack()
    {
        var wire = FrameOf("one", false).Concat(FrameOf("two", false)).ToArray();
        var pipe = new Pipe();
        var reading = ReadAllAsync(new MessageReader<string>(pipe.Reader, Text, MessageEncodings.Default, null, null));
        foreach (var b in wire) await pipe.Writer.WriteAsync(new[] { b }, TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(["one", "two"], await reading.Within());
    }

    [Fact]
    public async Task Stream_CutAnywhere_IsIncomplete()
    {
        var wire = FrameOf("message", false);
        for (var length = 1; length < wire.Length; length++)
        {
            var (pipe, reader) = Reader(null);
            await pipe.Writer.WriteAsync(wire.AsMemory(0, length), TestContext.Current.CancellationToken);
            await pipe.Writer.CompleteAsync();
            var failure = await Assert.ThrowsAsync<RpcException>(async () => await reader.ReadAsync(CancellationToken.None));
            Assert.Equal((StatusCode.Internal, "Incomplete message."), (failure.StatusCode, failure.Status.Detail));
        }
    }

    [Fact]
    public async Task Decompression_StopsAtTheLimit()
    {
        using var frame = MessageWriter.Frame(new string('x', 100_000), Serialize, s_gzip, null, null);
        Assert.True(frame.Length < 2000);
        var (pipe, reader) = Reader("gzip", limit: 50_000);
        await pipe.Writer.WriteAsync(frame.Written, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await reader.ReadAsync(CancellationToken.None));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public void Writer_KeepsTheSendLimitAndTheSerializersWord()
    {
        Assert.Equal(
            StatusCode.ResourceExhausted,
            Assert.Throws<RpcException>(() => MessageWriter.Frame("12345", Serialize, null, null, 4)).StatusCode);
        Assert.Throws<InvalidOperationException>(() => MessageWriter.Frame("x", (_, _) => { }, null, null, null));
        using var whole = MessageWriter.Frame("abc", (text, context) => context.Complete(System.Text.Encoding.UTF8.GetBytes(text)), null, null, null);
        Assert.Equal([0, 0, 0, 0, 3, (byte)'a', (byte)'b', (byte)'c'], whole.Written.ToArray());
    }

    [Fact]
    public void PooledBuffer_GrowsAndKeepsWhatWasWritten()
    {
        using var buffer = new PooledBuffer(1);
        for (var i = 0; i < 1000; i++)
        {
            var span = buffer.GetSpan(i % 50 + 1);
            span[0] = (byte)i;
            buffer.Advance(1);
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (byte)i), buffer.Written.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(1 << 20));
    }

    private static byte[] FrameOf(string message, bool compressed)
    {
        using var frame = MessageWriter.Frame(message, Serialize, compressed ? s_gzip : null, null, null);
        return frame.Written.ToArray();
    }

    private static void Serialize(string text, SerializationContext context)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        context.SetPayloadLength(bytes.Length);
        context.GetBufferWriter().Write(bytes);
        context.Complete();
    }

    private static string Text(DeserializationContext context) => System.Text.Encoding.UTF8.GetString(context.PayloadAsReadOnlySequence().ToArray());

    private static (Pipe Pipe, MessageReader<string> Reader) Reader(string? encoding, int? limit = null)
    {
        var pipe = new Pipe();
        return (pipe, new MessageReader<string>(pipe.Reader, Text, MessageEncodings.Default, encoding, limit));
    }

    private static async Task<List<string>> ReadAllAsync(MessageReader<string> reader)
    {
        var messages = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None) is { } message) messages.Add(message);
        return messages;
    }
}
