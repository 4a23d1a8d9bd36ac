using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Server;

[Trait("Kind", "Fast")]
public sealed class FailureTests
{
    private const string Secret = "password=hunter2";

    [Fact]
    public async Task Exception_OfAHandler_KeepsItsTextHereAndIsLoggedOnce()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = (_, _) => throw new InvalidOperationException(Secret);
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()));
        Assert.Equal(("2", "Exception was thrown by handler."), (response.Status, response.Message));
        Assert.DoesNotContain(Secret, $"{response.Headers}{response.Trailers}", StringComparison.Ordinal);
        var logged = Assert.Single(host.Logs.OfGrpc, entry => entry.Level >= LogLevel.Information);
        Assert.Equal(LogLevel.Error, logged.Level);
        Assert.Contains(Secret, logged.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exception_WithDetailedErrors_IsTold()
    {
        await using var host = await GrpcHost.StartAsync(grpc => grpc.EnableDetailedErrors = true);
        host.Script.Unary = (_, _) => throw new InvalidOperationException("outer", new FormatException("inner"));
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()));
        Assert.Equal("Exception was thrown by handler. InvalidOperationException: outer FormatException: inner", response.Message);
    }

    [Fact]
    public async Task Refusal_OfAHandler_CarriesItsTrailersAndIsNoError()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = (_, context) =>
        {
            context.ResponseTrailers.Add("x-first", "1");
            throw new RpcException(new Status(StatusCode.PermissionDenied, "no"), new Metadata { { "x-second-bin", [1, 2] } });
        };
        var call = host.Client().UnaryCallAsync(new SimpleRequest());
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within());
        Assert.Equal((StatusCode.PermissionDenied, "no"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal("1", failure.Trailers.GetValue("x-first"));
        Assert.Equal([1, 2], failure.Trailers.GetValueBytes("x-second-bin")!);
        Assert.Equal(LogLevel.Information, Assert.Single(host.Logs.OfGrpc, entry => entry.Level >= LogLevel.Information).Level);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Status_SetOnTheContext_EndsTheCall()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = (_, context) =>
        {
            context.Status = new Status(StatusCode.OutOfRange, "far");
            return Task.FromResult(new SimpleResponse());
        };
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()));
        Assert.Equal(("11", "far", 0), (response.Status, response.Message, response.Body.Length));
    }

    [Fact]
    public async Task NoResponse_IsCancelled()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Script.Unary = (_, _) => Task.FromResult<SimpleResponse>(null!);
        using var raw = new RawCall(host.Address);
        Assert.Equal("1", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()))).Status);
    }

    [Fact]
    public async Task Response_OverTheSendLimit_IsRefused()
    {
        await using var host = await GrpcHost.StartAsync(grpc => grpc.MaxSendMessageSize = 100);
        host.Script.Unary = (_, _) => Task.FromResult(new SimpleResponse { Payload = Bytes(200) });
        using var raw = new RawCall(host.Address);
        var response = await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()));
        Assert.Equal(("8", 0), (response.Status, response.Body.Length));
    }

    [Fact]
    public async Task ServiceOptions_GoBeforeThoseOfAll()
    {
        await using var host = await GrpcHost.StartAsync(
            grpc => grpc.MaxReceiveMessageSize = 10,
            services => services.AddGrpc().AddServiceOptions<ScriptedService>(service => service.MaxReceiveMessageSize = null));
        using var raw = new RawCall(host.Address);
        Assert.Equal("0", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest { Payload = Bytes(5_000_000) }))).Status);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task ResponseEncoding_WithoutProvider_IsFoundAtStart()
    {
        var failure = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => GrpcHost.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "snappy"));
        Assert.Contains("snappy", failure.Message, StringComparison.Ordinal);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Stream_Misused_SaysSo()
    {
        await using var host = await GrpcHost.StartAsync();
        IServerStreamWriter<StreamingOutputCallResponse>? late = null;
        var failures = new TaskCompletionSource<(Exception? Read, Exception? Headers)>();
        host.Script.Duplex = async (requests, responses, context) =>
        {
            late = responses;
            var first = requests.MoveNext(CancellationToken.None);
            var read = await Record.ExceptionAsync(() => requests.MoveNext(CancellationToken.None));
            await context.WriteResponseHeadersAsync([]);
            var headers = await Record.ExceptionAsync(() => context.WriteResponseHeadersAsync([]));
            failures.SetResult((read, headers));
            await first;
        };
        using var call = host.Client().FullDuplexCall();
        var (secondRead, secondHeaders) = await failures.Task.Within();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().Within());
        Assert.IsType<InvalidOperationException>(secondRead);
        Assert.IsType<InvalidOperationException>(secondHeaders);
        Assert.IsAssignableFrom<InvalidOperationException>(await Record.ExceptionAsync(() => late!.WriteAsync(new StreamingOutputCallResponse())));
    }

    private static Payload Bytes(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };
}
