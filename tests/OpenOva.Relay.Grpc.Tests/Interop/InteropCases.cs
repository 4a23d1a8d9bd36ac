using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace OpenOva.Relay.Grpc.Tests.Interop;

/// <summary>The public interoperability cases as this library's own client runs them (grpc/doc/interop-test-descriptions.md).</summary>
internal static class InteropCases
{
    private const string InitialKey = "x-grpc-test-echo-initial";
    private const string InitialValue = "test_initial_metadata_value";
    private const string TrailingKey = "x-grpc-test-echo-trailing-bin";
    private static readonly byte[] s_trailingValue = [0xab, 0xab, 0xab];

    /// <summary>In the order of the public description. Those with "compressed" need a client that can compress.</summary>
    public static readonly IReadOnlyDictionary<string, Func<ChannelBase, Task>> All = new Dictionary<string, Func<ChannelBase, Task>>
    {
        ["empty_unary"] = EmptyUnaryAsync,
        ["large_unary"] = LargeUnaryAsync,
        ["client_compressed_unary"] = ClientCompressedUnaryAsync,
        ["server_compressed_unary"] = ServerCompressedUnaryAsync,
        ["client_streaming"] = ClientStreamingAsync,
        ["client_compressed_streaming"] = ClientCompressedStreamingAsync,
        ["server_streaming"] = ServerStreamingAsync,
        ["server_compressed_streaming"] = ServerCompressedStreamingAsync,
        ["ping_pong"] = PingPongAsync,
        ["empty_stream"] = EmptyStreamAsync,
        ["custom_metadata"] = CustomMetadataAsync,
        ["status_code_and_message"] = StatusCodeAndMessageAsync,
        ["special_status_message"] = SpecialStatusMessageAsync,
        ["unimplemented_method"] = UnimplementedMethodAsync,
        ["unimplemented_service"] = UnimplementedServiceAsync,
        ["cancel_after_begin"] = CancelAfterBeginAsync,
        ["cancel_after_first_response"] = CancelAfterFirstResponseAsync,
        ["timeout_on_sleeping_server"] = TimeoutOnSleepingServerAsync,
    };

    private static readonly Metadata s_gzip = new() { { "grpc-internal-encoding-request", "gzip" } };

    private static async Task EmptyUnaryAsync(ChannelBase channel) =>
        Assert.Equal(new Empty(), await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.Within());

    private static async Task LargeUnaryAsync(ChannelBase channel)
    {
        var request = new SimpleRequest { ResponseSize = 314159, Payload = Zeroes(271828) };
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(request).ResponseAsync.Within();
        Assert.Equal(Zeroes(314159), response.Payload);
    }

    private static async Task ClientCompressedUnaryAsync(ChannelBase channel)
    {
        var client = new TestService.TestServiceClient(channel);
        var compressed = new SimpleRequest { ExpectCompressed = new BoolValue { Value = true }, ResponseSize = 314159, Payload = Zeroes(271828) };
        // The probe: a server that cannot tell would let this pass.
        var probe = await Assert.ThrowsAsync<RpcException>(() => client.UnaryCallAsync(compressed).ResponseAsync.Within());
        Assert.Equal(StatusCode.InvalidArgument, probe.StatusCode);
        Assert.Equal(314159, (await client.UnaryCallAsync(compressed, s_gzip).ResponseAsync.Within()).Payload.Body.Length);
        var plain = new SimpleRequest(compressed) { ExpectCompressed = new BoolValue { Value = false } };
        Assert.Equal(314159, (await client.UnaryCallAsync(plain).ResponseAsync.Within()).Payload.Body.Length);
    }

    private static async Task ServerCompressedUnaryAsync(ChannelBase channel)
    {
        foreach (var compressed in new[] { true, false })
        {
            var request = new SimpleRequest
            {
                ResponseCompressed = new BoolValue { Value = compressed }, ResponseSize = 314159, Payload = Zeroes(271828),
            };
            var call = new TestService.TestServiceClient(channel).UnaryCallAsync(request);
            Assert.Equal(Zeroes(314159), (await call.ResponseAsync.Within()).Payload);
        }
    }

    private static async Task ClientStreamingAsync(ChannelBase channel)
    {
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        foreach (var size in new[] { 27182, 8, 1828, 45904 })
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeroes(size) }).Within();
        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
    }

    private static async Task ClientCompressedStreamingAsync(ChannelBase channel)
    {
        var client = new TestService.TestServiceClient(channel);
        var first = new StreamingInputCallRequest { ExpectCompressed = new BoolValue { Value = true }, Payload = Zeroes(27182) };
        using (var probe = client.StreamingInputCall())
        {
            // The server answers as soon as it has seen the message, so that the end of the requests may already meet its refusal.
            var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                await probe.RequestStream.WriteAsync(first).Within();
                await probe.RequestStream.CompleteAsync();
                await probe.ResponseAsync.Within();
            });
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        }

        using var call = client.StreamingInputCall(s_gzip);
        await call.RequestStream.WriteAsync(first).Within();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        var second = new StreamingInputCallRequest { ExpectCompressed = new BoolValue { Value = false }, Payload = Zeroes(45904) };
        await call.RequestStream.WriteAsync(second).Within();
        await call.RequestStream.CompleteAsync();
        Assert.Equal(73086, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
    }

    private static async Task ServerStreamingAsync(ChannelBase channel)
    {
        int[] sizes = [31415, 9, 2653, 58979];
        var request = new StreamingOutputCallRequest { ResponseParameters = { sizes.Select(size => new ResponseParameters { Size = size }) } };
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(request);
        Assert.Equal(sizes, await ReadSizesAsync(call.ResponseStream));
    }

    private static async Task ServerCompressedStreamingAsync(ChannelBase channel)
    {
        var request = new StreamingOutputCallRequest
        {
            ResponseParameters =
            {
                new ResponseParameters { Compressed = new BoolValue { Value = true }, Size = 31415 },
                new ResponseParameters { Compressed = new BoolValue { Value = false }, Size = 92653 },
            },
        };
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(request);
        Assert.Equal(new[] { 31415, 92653 }, await ReadSizesAsync(call.ResponseStream));
    }

    private static async Task PingPongAsync(ChannelBase channel)
    {
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall();
        foreach (var (response, request) in new[] { (31415, 27182), (9, 8), (2653, 1828), (58979, 45904) })
        {
            await call.RequestStream.WriteAsync(PingOf(response, request)).Within();
            Assert.True(await call.ResponseStream.MoveNext().Within());
            Assert.Equal(response, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().Within());
    }

    private static async Task EmptyStreamAsync(ChannelBase channel)
    {
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().Within());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static async Task CustomMetadataAsync(ChannelBase channel)
    {
        var client = new TestService.TestServiceClient(channel);
        var headers = new Metadata { { InitialKey, InitialValue }, { TrailingKey, s_trailingValue } };
        var unary = client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159, Payload = Zeroes(271828) }, headers);
        await unary.ResponseAsync.Within();
        Assert.Equal(InitialValue, (await unary.ResponseHeadersAsync.Within()).GetValue(InitialKey));
        Assert.Equal(s_trailingValue, unary.GetTrailers().GetValueBytes(TrailingKey));

        using var duplex = client.FullDuplexCall(headers);
        await duplex.RequestStream.WriteAsync(PingOf(314159, 271828)).Within();
        await duplex.RequestStream.CompleteAsync();
        Assert.Equal(new[] { 314159 }, await ReadSizesAsync(duplex.ResponseStream));
        Assert.Equal(InitialValue, (await duplex.ResponseHeadersAsync.Within()).GetValue(InitialKey));
        Assert.Equal(s_trailingValue, duplex.GetTrailers().GetValueBytes(TrailingKey));
    }

    private static async Task StatusCodeAndMessageAsync(ChannelBase channel)
    {
        var client = new TestService.TestServiceClient(channel);
        var status = new EchoStatus { Code = 2, Message = "test status message" };
        var unary = await Assert.ThrowsAsync<RpcException>(
            () => client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }).ResponseAsync.Within());
        Assert.Equal((StatusCode.Unknown, "test status message"), (unary.StatusCode, unary.Status.Detail));

        using var call = client.FullDuplexCall();
        await WriteToEndingCallAsync(call, new StreamingOutputCallRequest { ResponseStatus = status });
        var duplex = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().Within());
        Assert.Equal((StatusCode.Unknown, "test status message"), (duplex.StatusCode, duplex.Status.Detail));
    }

    private static async Task SpecialStatusMessageAsync(ChannelBase channel)
    {
        const string Message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = 2, Message = Message } };
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => new TestService.TestServiceClient(channel).UnaryCallAsync(request).ResponseAsync.Within());
        Assert.Equal((StatusCode.Unknown, Message), (failure.StatusCode, failure.Status.Detail));
    }

    private static async Task UnimplementedMethodAsync(ChannelBase channel)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => new TestService.TestServiceClient(channel).UnimplementedCallAsync(new Empty()).ResponseAsync.Within());
        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
    }

    private static async Task UnimplementedServiceAsync(ChannelBase channel)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => new UnimplementedService.UnimplementedServiceClient(channel).UnimplementedCallAsync(new Empty()).ResponseAsync.Within());
        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
    }

    private static async Task CancelAfterBeginAsync(ChannelBase channel)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within())).StatusCode);
    }

    private static async Task CancelAfterFirstResponseAsync(ChannelBase channel)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall(cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(PingOf(31415, 27182)).Within();
        Assert.True(await call.ResponseStream.MoveNext().Within());
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().Within())).StatusCode);
    }

    private static async Task TimeoutOnSleepingServerAsync(ChannelBase channel)
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(1);
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall(deadline: deadline);
        await WriteToEndingCallAsync(call, new StreamingOutputCallRequest { Payload = Zeroes(27182) });
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().Within())).StatusCode);
    }

    /// <summary>The call may end before the write has returned, and then the write fails with the call's status.</summary>
    private static async Task WriteToEndingCallAsync<T>(AsyncDuplexStreamingCall<StreamingOutputCallRequest, T> call, StreamingOutputCallRequest request)
    {
        try
        {
            await call.RequestStream.WriteAsync(request).Within();
        }
        catch (RpcException)
        {
            // What counts is what the reader sees.
        }
    }

    private static StreamingOutputCallRequest PingOf(int response, int request) => new()
    {
        ResponseParameters = { new ResponseParameters { Size = response } },
        Payload = Zeroes(request),
    };

    private static Payload Zeroes(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private static async Task<int[]> ReadSizesAsync(IAsyncStreamReader<StreamingOutputCallResponse> responses)
    {
        var sizes = new List<int>();
        while (await responses.MoveNext(CancellationToken.None).Within()) sizes.Add(responses.Current.Payload.Body.Length);
        return [.. sizes];
    }
}
