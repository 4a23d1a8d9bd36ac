using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Server;

/// <summary>Nobody buffers a stream without bound: whoever writes waits for whoever reads.</summary>
[Trait("Kind", "Fast")]
public sealed class BackpressureTests
{
    private const int MessageSize = 64 * 1024;
    private const int Messages = 512;

    /// <summary>Far below the 32 MiB of the stream; transport buffers and windows of both sides fit in.</summary>
    private const int MostBuffered = 4 * 1024 * 1024;

    private static readonly TimeSpan s_stall = TimeSpan.FromMilliseconds(500);

    [Trait("Implementation", "Own")]
    [Theory]
    [InlineData(default(WriteFlags))]
    [InlineData(WriteFlags.BufferHint)]
    public async Task SlowReader_HoldsTheServersWriterBack(WriteFlags flags)
    {
        await using var host = await GrpcHost.StartAsync();
        var stalled = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Script.Output = async (_, responses, _) =>
        {
            responses.WriteOptions = new WriteOptions(flags);
            await WriteAllAsync(() => responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeroes() }), stalled);
        };
        // Not dynamic, as the client would widen its window for a reader that is merely far away.
        using var channel = host.Connect(options => options.HttpHandler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = 128 * 1024 });
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.InRange(await stalled.Task.Within(), 0, MostBuffered);
        var read = 0L;
        while (await call.ResponseStream.MoveNext().Within()) read += call.ResponseStream.Current.Payload.Body.Length;
        Assert.Equal((long)Messages * MessageSize, read);
    }

    [Fact]
    public async Task SlowHandler_HoldsTheClientsWriterBack()
    {
        await using var host = await GrpcHost.StartAsync();
        var release = new TaskCompletionSource();
        host.Script.Input = async (requests, _) =>
        {
            await release.Task;
            var size = 0;
            await foreach (var request in requests.ReadAllAsync()) size += request.Payload.Body.Length;
            return new StreamingInputCallResponse { AggregatedPayloadSize = size };
        };
        using var call = host.Client().StreamingInputCall();
        var stalled = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = WriteAllAsync(() => call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeroes() }), stalled);
        Assert.InRange(await stalled.Task.Within(), 0, MostBuffered);
        release.SetResult();
        await writing.Within();
        await call.RequestStream.CompleteAsync();
        Assert.Equal(Messages * MessageSize, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
    }

    [Fact]
    public async Task SlowReader_DoesNotHoldBackItsNeighbours()
    {
        await using var host = await GrpcHost.StartAsync();
        var stalled = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Script.Output = (_, responses, _) =>
            WriteAllAsync(() => responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeroes() }), stalled);
        using var channel = host.Connect();
        var client = new TestService.TestServiceClient(channel);
        using var slow = client.StreamingOutputCall(new StreamingOutputCallRequest());
        await stalled.Task.Within();
        for (var i = 0; i < 20; i++) await client.UnaryCallAsync(new SimpleRequest { Payload = Zeroes() }).ResponseAsync.Within();
    }

    [Fact]
    public async Task ManyCalls_AtOnce_KeepTheirStreamsApart()
    {
        await using var host = await GrpcHost.StartAsync();
        using var channel = host.Connect();
        var client = new TestService.TestServiceClient(channel);
        // More than the hundred streams that a connection takes at once.
        await Task.WhenAll(Enumerable.Range(0, 250).Select(async number =>
        {
            using var call = client.FullDuplexCall();
            for (var i = 0; i < 8; i++)
            {
                var payload = new Payload { Body = ByteString.CopyFromUtf8($"{number}/{i}") };
                await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = payload });
                Assert.True(await call.ResponseStream.MoveNext());
                Assert.Equal(payload, call.ResponseStream.Current.Payload);
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext());
            Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        })).Within();
    }

    [Fact]
    public async Task BothDirections_AtOnce_AreIndependent()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Duplex = async (requests, responses, _) =>
        {
            var writing = Task.Run(async () =>
            {
                for (var i = 0; i < 200; i++) await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeroes() });
            });
            var read = 0;
            while (await requests.MoveNext(CancellationToken.None)) read++;
            await writing;
            if (read != 200) throw new InvalidOperationException($"{read}");
        };
        using var call = host.Client().FullDuplexCall();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++) await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeroes() });
            await call.RequestStream.CompleteAsync();
        });
        var received = 0;
        while (await call.ResponseStream.MoveNext().Within()) received++;
        await sending.Within();
        Assert.Equal(200, received);
    }

    /// <summary>Writes all messages, and tells how many bytes had been taken when a write first had to wait.</summary>
    private static async Task WriteAllAsync(Func<Task> write, TaskCompletionSource<long> stalled)
    {
        for (var i = 0; i < Messages; i++)
        {
            var writing = write();
            if (await Task.WhenAny(writing, Task.Delay(s_stall)) != writing) stalled.TrySetResult((long)i * MessageSize);
            await writing;
        }

        stalled.TrySetResult((long)Messages * MessageSize);
    }

    private static Payload Zeroes() => new() { Body = ByteString.CopyFrom(new byte[MessageSize]) };
}
