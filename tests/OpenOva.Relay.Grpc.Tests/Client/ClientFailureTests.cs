using System.Buffers;
using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OpenOva.Relay.Grpc.Interop;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Client;

/// <summary>The client before servers that are broken, hostile or no gRPC at all.</summary>
[Trait("Kind", "Fast")]
public sealed class ClientFailureTests
{
    [Theory]
    [InlineData(0x0, StatusCode.Internal)]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task Reset_OfTheStream_IsTheStatusOfItsCode(int code, StatusCode expected)
    {
        await using var host = await ServingAsync(async http =>
        {
            await StartResponseAsync(http);
            http.Features.Get<IHttpResetFeature>()!.Reset(code);
        });
        Assert.Equal(expected, (await FailureAsync(host)).StatusCode);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    public async Task HttpError_IsTheStatusOfItsCode(int http, StatusCode expected)
    {
        await using var host = await ServingAsync(context =>
        {
            context.Response.StatusCode = http;
            return Task.CompletedTask;
        });
        Assert.Equal(expected, (await FailureAsync(host)).StatusCode);
    }

    [Fact]
    public async Task WebPage_IsNoAnswer()
    {
        await using var host = await ServingAsync(http => http.Response.WriteAsync("<html>"));
        Assert.Contains("content-type", (await FailureAsync(host)).Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_WithoutStatus_IsNoSuccess()
    {
        await using var host = await ServingAsync(async http =>
        {
            await StartResponseAsync(http);
            await http.Response.Body.WriteAsync(RawCall.Frame(new SimpleResponse()));
        });
        Assert.Equal("No grpc-status found on response.", (await FailureAsync(host)).Status.Detail);
    }

    [Trait("Implementation", "Own")]
    [Theory]
    [InlineData("0", StatusCode.Internal)]
    [InlineData("99", StatusCode.Unknown)]
    [InlineData("abc", StatusCode.Unknown)]
    public async Task Status_WithoutMessageOrSense_IsNoSuccess(string sent, StatusCode expected)
    {
        await using var host = await ServingAsync(async http =>
        {
            await StartResponseAsync(http);
            http.Response.AppendTrailer("grpc-status", sent);
        });
        Assert.Equal(expected, (await FailureAsync(host)).StatusCode);
    }

    public static TheoryData<byte[], StatusCode> BadFrames()
    {
        using var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(new byte[32 * 1024 * 1024]);
        return new TheoryData<byte[], StatusCode>
        {
            { [7, 0, 0, 0, 0], StatusCode.Internal },
            { [0, 0, 0, 0, 9, 1], StatusCode.Internal },
            { [0, 0xff, 0xff, 0xff, 0xff], StatusCode.ResourceExhausted },
            { [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], StatusCode.Internal },
            { [0, 0, 0, 0, 1, 0xff], StatusCode.Internal },
            { RawCall.Frame(bomb.ToArray(), flag: 1), StatusCode.ResourceExhausted },
        };
    }

    [Trait("Implementation", "Own")]
    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task BadFrame_FailsTheCall(byte[] body, StatusCode expected)
    {
        await using var host = await ServingAsync(async http =>
        {
            http.Response.Headers["grpc-encoding"] = "gzip";
            await StartResponseAsync(http);
            await http.Response.Body.WriteAsync(body);
            http.Response.AppendTrailer("grpc-status", "0");
        });
        Assert.Equal(expected, (await FailureAsync(host)).StatusCode);
        using var call = host.Client().StreamingOutputCall(new StreamingOutputCallRequest());
        var streamed = await Record.ExceptionAsync(async () =>
        {
            while (await call.ResponseStream.MoveNext().Within()) Assert.NotNull(call.ResponseStream.Current);
        });
        // Two messages, which a unary call may not have, are a good stream.
        if (body.Length != 10) Assert.Equal(expected, Assert.IsType<RpcException>(streamed).StatusCode);
        else Assert.Null(streamed);
    }

    [Fact]
    public async Task Server_ThatIsNotThere_IsUnavailable()
    {
        Uri address;
        await using (var host = await GrpcHost.StartAsync()) address = host.Address;
        using var channel = GrpcChannel.ForAddress(address);
        var client = new TestService.TestServiceClient(channel);
        var unary = await Assert.ThrowsAsync<RpcException>(() => client.UnaryCallAsync(new SimpleRequest()).ResponseAsync.Within());
        Assert.Equal(StatusCode.Unavailable, unary.StatusCode);
        using var call = client.FullDuplexCall();
        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new StreamingOutputCallRequest()).Within());
        Assert.Equal(StatusCode.Unavailable, write.StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().Within())).StatusCode);
    }

    [Fact]
    public async Task Server_ThatDies_IsUnavailable()
    {
        await using var host = await ServingAsync(async http =>
        {
            await StartResponseAsync(http);
            http.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
        });
        Assert.Equal(StatusCode.Unavailable, (await FailureAsync(host)).StatusCode);
    }

    [Fact]
    public async Task DuplexCall_ReachesTheServerBeforeTheFirstRequest()
    {
        await using var host = await GrpcHost.StartAsync();
        var called = new TaskCompletionSource();
        host.Script.Duplex = (_, _, _) =>
        {
            called.SetResult();
            return Task.CompletedTask;
        };
        using var call = host.Client().FullDuplexCall();
        await called.Task.Within();
        Assert.False(await call.ResponseStream.MoveNext().Within());
    }

    [Fact]
    public async Task Refusal_OfAnUpload_IsWhatTheWriterLearns()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Input = async (requests, _) =>
        {
            await requests.MoveNext(CancellationToken.None);
            throw new RpcException(new Status(StatusCode.PermissionDenied, "not you"));
        };
        using var call = host.Client().StreamingInputCall();
        var write = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true) await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Bytes(10_000) }).Within();
        });
        Assert.Equal((StatusCode.PermissionDenied, "not you"), (write.StatusCode, write.Status.Detail));
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within())).StatusCode);
    }

    [Fact]
    public async Task Limits_OfTheChannel_AreKept()
    {
        await using var host = await GrpcHost.StartAsync();
        var small = host.Client(options => options.MaxReceiveMessageSize = 100);
        var received = await Assert.ThrowsAsync<RpcException>(
            () => small.UnaryCallAsync(new SimpleRequest { Payload = Bytes(200) }).ResponseAsync.Within());
        Assert.Equal(StatusCode.ResourceExhausted, received.StatusCode);
        var sending = host.Client(options => options.MaxSendMessageSize = 100);
        var sent = await Assert.ThrowsAsync<RpcException>(
            () => sending.UnaryCallAsync(new SimpleRequest { Payload = Bytes(200) }).ResponseAsync.Within());
        Assert.Equal((StatusCode.ResourceExhausted, true), (sent.StatusCode, sent.Status.Detail.Contains("Sending", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Cancellation_CanBeAnOperationCanceledException()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new SimpleResponse();
        };
        using var cancellation = new CancellationTokenSource();
        var client = host.Client(options => options.ThrowOperationCanceledOnCancellation = true);
        var call = client.UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseAsync.Within());
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Channel_Disposed_CancelsItsCalls()
    {
        await using var host = await GrpcHost.StartAsync();
        var channel = host.Connect();
        var client = new TestService.TestServiceClient(channel);
        using var call = client.FullDuplexCall();
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Bytes(1) }).Within();
        Assert.True(await call.ResponseStream.MoveNext().Within());
        channel.Dispose();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().Within())).StatusCode);
        Assert.Throws<ObjectDisposedException>(() => client.UnaryCallAsync(new SimpleRequest()));
    }

    [Fact]
    public async Task CallCredentials_GoOverTlsAlone()
    {
        using var certificate = DevelopmentCertificate.Create();
        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("authorization", $"Bearer {context.MethodName}");
            return Task.CompletedTask;
        });
        foreach (var tls in new[] { true, false })
        {
            await using var host = await GrpcHost.StartAsync(certificate: tls ? certificate : null);
            string? seen = null;
            host.Script.Unary = (_, context) =>
            {
                seen = context.RequestHeaders.GetValue("authorization");
                return Task.FromResult(new SimpleResponse());
            };
            using var handler = new SocketsHttpHandler();
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.Equals(certificate);
            var client = host.Client(options => options.HttpHandler = handler);
            await client.UnaryCallAsync(new SimpleRequest(), new CallOptions(credentials: credentials)).ResponseAsync.Within();
            Assert.Equal(tls ? "Bearer UnaryCall" : null, seen);
        }

        var composed = new GrpcChannelOptions { Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, credentials) };
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("http://localhost", composed));
    }

    [Fact]
    public void Channel_ContradictingItself_IsRefused()
    {
        Assert.Throws<InvalidOperationException>(
            () => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Assert.Throws<InvalidOperationException>(
            () => GrpcChannel.ForAddress("https://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
        Assert.ThrowsAny<Exception>(() => GrpcChannel.ForAddress("ftp://localhost"));
    }

    private static async Task StartResponseAsync(HttpContext http)
    {
        await http.Request.Body.CopyToAsync(Stream.Null);
        http.Response.ContentType = "application/grpc";
        await http.Response.StartAsync();
        await http.Response.Body.FlushAsync();
    }

    private static Task<GrpcHost> ServingAsync(RequestDelegate serve) => GrpcHost.StartAsync(map: application => application.Run(serve));

    private static Task<RpcException> FailureAsync(GrpcHost host) =>
        Assert.ThrowsAsync<RpcException>(() => host.Client().UnaryCallAsync(new SimpleRequest()).ResponseAsync.Within());

    private static Payload Bytes(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };
}
