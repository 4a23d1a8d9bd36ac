using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Server;

[Trait("Kind", "Fast")]
public sealed class DeadlineAndCancellationTests
{
    private static readonly (string, string) s_twoSeconds = ("grpc-timeout", "2S");

    private readonly ManualTime _time = new();

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Deadline_OfAHandlerThatWaits_FiresTheTokenAndAnswers()
    {
        await using var host = await StartAsync();
        var deadline = new TaskCompletionSource<DateTime>();
        host.Script.Unary = async (_, context) =>
        {
            deadline.SetResult(context.Deadline);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new SimpleResponse();
        };
        using var raw = new RawCall(host.Address);
        var sending = raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()), s_twoSeconds);
        Assert.Equal(new DateTime(2026, 3, 1, 12, 0, 2, DateTimeKind.Utc), await deadline.Task.Within());
        _time.Advance(TimeSpan.FromSeconds(2));
        var response = await sending;
        Assert.Equal(("4", "Deadline Exceeded"), (response.Status, response.Message));
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Deadline_BeforeItPasses_DoesNothing()
    {
        await using var host = await StartAsync();
        var release = new TaskCompletionSource();
        host.Script.Unary = async (_, _) =>
        {
            await release.Task;
            return new SimpleResponse();
        };
        using var raw = new RawCall(host.Address);
        var sending = raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()), s_twoSeconds);
        await _time.TimerArmedAsync();
        _time.Advance(TimeSpan.FromMilliseconds(1999));
        release.SetResult();
        Assert.Equal("0", (await sending).Status);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Deadline_OfAHandlerThatIgnoresIt_AnswersAtOnceAndDropsTheLateResult()
    {
        await using var host = await StartAsync();
        var release = new TaskCompletionSource();
        var written = new TaskCompletionSource<Exception?>();
        host.Script.Output = async (_, responses, _) =>
        {
            await responses.WriteAsync(new StreamingOutputCallResponse());
            await release.Task;
            written.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(new StreamingOutputCallResponse())));
        };
        using var raw = new RawCall(host.Address);
        using var response = await raw.OpenAsync(RawCall.Output, new ByteArrayContent(RawCall.Frame(new StreamingOutputCallRequest())), s_twoSeconds);
        await _time.TimerArmedAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        var answer = await RawResponse.ReadAsync(response).Within();
        Assert.Equal((5, "4"), (answer.Body.Length, answer.Status));
        release.SetResult();
        Assert.IsType<OperationCanceledException>(await written.Task.Within());
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Deadline_OfACallWhoseClientDoesNotRead_FreesTheHandler()
    {
        await using var host = await StartAsync();
        var ended = new TaskCompletionSource<Exception?>();
        host.Script.Output = async (_, responses, _) => ended.SetResult(await Record.ExceptionAsync(async () =>
        {
            while (true) await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeroes(100_000) });
        }));
        using var raw = new RawCall(host.Address, window: 65535);
        using var response = await raw.OpenAsync(RawCall.Output, new ByteArrayContent(RawCall.Frame(new StreamingOutputCallRequest())), s_twoSeconds);
        await _time.TimerArmedAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.IsAssignableFrom<OperationCanceledException>(await ended.Task.Within());
        Assert.Equal("4", (await RawResponse.ReadAsync(response).Within()).Status);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Deadline_OfAHandlerThatGoesOn_StopsTheUploadAfterAGrace()
    {
        await using var host = await StartAsync();
        var release = new TaskCompletionSource();
        host.Script.Input = async (requests, _) =>
        {
            await requests.MoveNext(CancellationToken.None);
            await release.Task;
            return new StreamingInputCallResponse();
        };
        using var raw = new RawCall(host.Address);
        using var content = new OpenContent();
        var sending = raw.SendAsync(RawCall.Input, content, s_twoSeconds);
        await content.WriteAsync(RawCall.Frame(new StreamingInputCallRequest()));
        await _time.TimerArmedAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("4", (await sending).Status);
        await _time.TimerArmedAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        var upload = Record.ExceptionAsync(async () =>
        {
            while (true) await content.WriteAsync(RawCall.Frame(new StreamingInputCallRequest { Payload = Zeroes(10_000) }));
        });
        Assert.NotNull(await upload.AsTask().Within());
        release.SetResult();
        content.End();
    }

    [Theory]
    [InlineData("99999999H")]
    [InlineData("99999999S")]
    public async Task Deadline_FarAway_IsAccepted(string timeout)
    {
        await using var host = await StartAsync();
        using var raw = new RawCall(host.Address);
        Assert.Equal("0", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()), ("grpc-timeout", timeout))).Status);
    }

    [Trait("Implementation", "Own")]
    [Theory]
    [InlineData("S")]
    [InlineData("1x")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    public async Task Deadline_Malformed_IsNone(string timeout)
    {
        await using var host = await StartAsync();
        DateTime? deadline = null;
        host.Script.Unary = (_, context) =>
        {
            deadline = context.Deadline;
            return Task.FromResult(new SimpleResponse());
        };
        using var raw = new RawCall(host.Address);
        Assert.Equal("0", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()), ("grpc-timeout", timeout))).Status);
        Assert.Equal(DateTime.MaxValue, deadline);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Deadline_Passed_IsLoggedOnce()
    {
        await using var host = await StartAsync();
        host.Script.Unary = async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new SimpleResponse();
        };
        using var raw = new RawCall(host.Address);
        var sending = raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()), s_twoSeconds);
        await _time.TimerArmedAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        await sending;
        await host.Application.StopAsync(TestContext.Current.CancellationToken);
        Assert.Single(host.Logs.OfGrpc, entry => entry.Level >= LogLevel.Information);
    }

    [Fact]
    public async Task Cancel_ByTheClient_IsSeenByTheHandler()
    {
        await using var host = await GrpcHost.StartAsync();
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        host.Script.Unary = async (_, context) =>
        {
            await using var registration = context.CancellationToken.Register(cancelled.SetResult);
            started.SetResult();
            await cancelled.Task;
            return new SimpleResponse();
        };
        using var cancellation = new CancellationTokenSource();
        var call = host.Client().UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellation.Token);
        await started.Task.Within();
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within())).StatusCode);
        await cancelled.Task.Within();
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task Cancel_OfAStream_EndsTheHandlersReadAndItsWrites()
    {
        await using var host = await GrpcHost.StartAsync();
        var read = new TaskCompletionSource<Exception?>();
        var written = new TaskCompletionSource<Exception?>();
        host.Script.Duplex = async (requests, responses, _) =>
        {
            await responses.WriteAsync(new StreamingOutputCallResponse());
            read.SetResult(await Record.ExceptionAsync(() => requests.MoveNext(CancellationToken.None)));
            written.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(new StreamingOutputCallResponse())));
        };
        using var call = host.Client().FullDuplexCall();
        Assert.True(await call.ResponseStream.MoveNext().Within());
        call.Dispose();
        Assert.True(await read.Task.Within() is OperationCanceledException or IOException);
        Assert.IsAssignableFrom<OperationCanceledException>(await written.Task.Within());
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task WriteToken_Cancelled_LeavesTheStreamUsable()
    {
        await using var host = await GrpcHost.StartAsync();
        var blocked = new TaskCompletionSource<Exception?>();
        host.Script.Output = async (_, responses, _) =>
        {
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            var outcome = await Record.ExceptionAsync(async () =>
            {
                while (true) await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeroes(100_000) }, impatient.Token);
            });
            blocked.SetResult(outcome);
            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeroes(1) });
        };
        using var raw = new RawCall(host.Address, window: 65535);
        using var response = await raw.OpenAsync(RawCall.Output, new ByteArrayContent(RawCall.Frame(new StreamingOutputCallRequest())));
        Assert.IsAssignableFrom<OperationCanceledException>(await blocked.Task.Within());
        Assert.Equal("0", (await RawResponse.ReadAsync(response).Within()).Status);
    }

    [Fact]
    public async Task SlowUploadsAndLongStreams_AreFreeOfHttpsLimits()
    {
        // HTTP/2 does not tell the rate; a stand-in does.
        var rate = new SettableRate();
        await using var host = await GrpcHost.StartAsync(map: application =>
        {
            application.Use((http, next) =>
            {
                http.Features.Set<IHttpMinRequestBodyDataRateFeature>(rate);
                return next(http);
            });
            application.MapGrpcService<ScriptedService>();
        });
        using var raw = new RawCall(host.Address);
        Assert.Equal("0", (await raw.SendAsync(RawCall.Unary, RawCall.Frame(new SimpleRequest()))).Status);
        Assert.NotNull(rate.MinDataRate);
        Assert.Equal("0", (await raw.SendAsync(RawCall.Input, [])).Status);
        Assert.Null(rate.MinDataRate);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task ClientDeadline_IsSentAndKept()
    {
        await using var host = await StartAsync();
        var left = new TaskCompletionSource<TimeSpan>();
        host.Script.Unary = async (_, context) =>
        {
            left.SetResult(context.Deadline - _time.GetUtcNow().UtcDateTime);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new SimpleResponse();
        };
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider();
        var client = host.Client(options => options.ServiceProvider = services);
        var call = client.UnaryCallAsync(new SimpleRequest(), deadline: _time.GetUtcNow().UtcDateTime.AddSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(5), await left.Task.Within());
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within())).StatusCode);
    }

    [Fact]
    public async Task ClientDeadline_Past_FailsWithoutACall()
    {
        var client = new TestService.TestServiceClient(global::Grpc.Net.Client.GrpcChannel.ForAddress("http://127.0.0.1:9"));
        var call = client.UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UnixEpoch);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within())).StatusCode);
    }

    private static Payload Zeroes(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private sealed class SettableRate : IHttpMinRequestBodyDataRateFeature
    {
        public MinDataRate? MinDataRate { get; set; } = new(240, TimeSpan.FromSeconds(5));
    }

    private Task<GrpcHost> StartAsync() => GrpcHost.StartAsync(services: services => services.AddSingleton<TimeProvider>(_time));
}
