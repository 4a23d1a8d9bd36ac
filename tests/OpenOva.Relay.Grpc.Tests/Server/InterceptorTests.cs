using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Server;

[Trait("Kind", "Fast")]
public sealed class InterceptorTests
{
    private readonly Trail _trail = new();

    [Theory]
    [InlineData("UnaryCall")]
    [InlineData("StreamingInputCall")]
    [InlineData("StreamingOutputCall")]
    [InlineData("FullDuplexCall")]
    public async Task ServerInterceptors_StandAroundTheHandler_GlobalOnesOutside(string method)
    {
        await using var host = await StartAsync();
        host.Script.Unary = (_, _) => Handled(new SimpleResponse());
        host.Script.Input = (_, _) => Handled(new StreamingInputCallResponse());
        host.Script.Output = (_, _, _) => Handled(0);
        host.Script.Duplex = (_, _, _) => Handled(0);
        using var raw = new RawCall(host.Address);
        Assert.Equal("0", (await raw.SendAsync($"/grpc.testing.TestService/{method}", RawCall.Frame(new Empty()))).Status);
        Assert.Equal(["+global", "+service", "handler", "-service", "-global"], _trail.Entries);
    }

    [Fact]
    public async Task ServerInterceptor_ReplacesAnException()
    {
        await using var host = await StartAsync();
        host.Script.Unary = (_, _) => throw new KeyNotFoundException("row 5");
        var failure = await Assert.ThrowsAsync<RpcException>(() => host.Client().UnaryCallAsync(new SimpleRequest()).ResponseAsync.Within());
        Assert.Equal((StatusCode.NotFound, "replaced"), (failure.StatusCode, failure.Status.Detail));
    }

    [Fact]
    public async Task ServerInterceptor_OfTheContainer_IsTakenFromIt()
    {
        var own = new RecordingInterceptor("own", _trail);
        await using var host = await GrpcHost.StartAsync(
            grpc => grpc.Interceptors.Add<RecordingInterceptor>(), services => services.AddSingleton(own));
        await host.Client().UnaryCallAsync(new SimpleRequest()).ResponseAsync.Within();
        Assert.Equal(["+own", "-own"], _trail.Entries);
    }

    [Fact]
    public async Task ServerInterceptors_ShareStateWithTheHandlerAndSeeTheHttpRequest()
    {
        await using var host = await StartAsync();
        object? state = null;
        host.Script.Unary = (_, context) =>
        {
            state = context.UserState["who"];
            Assert.Same(context.UserState, context.GetHttpContext().Items);
            return Task.FromResult(new SimpleResponse());
        };
        await host.Client().UnaryCallAsync(new SimpleRequest()).ResponseAsync.Within();
        Assert.Equal("service", state);
    }

    [Fact]
    public void InterceptorCollection_RefusesWhatIsNone() =>
        Assert.Throws<ArgumentException>(() => new global::Grpc.AspNetCore.Server.InterceptorCollection().Add(typeof(string)));

    [Fact]
    public async Task ClientInterceptors_RunInOrderAndChangeMetadata()
    {
        await using var host = await GrpcHost.StartAsync();
        string? seen = null;
        host.Script.Unary = (_, context) =>
        {
            seen = context.RequestHeaders.GetValue("x-added");
            return Task.FromResult(new SimpleResponse());
        };
        using var channel = host.Connect();
        var invoker = channel
            .Intercept(new RecordingInterceptor("first", _trail), new RecordingInterceptor("second", _trail))
            .Intercept(headers => new Metadata { { "x-added", $"{headers.Count}" } });
        var client = new TestService.TestServiceClient(invoker);
        await client.UnaryCallAsync(new SimpleRequest(), new Metadata { { "x-own", "1" } }).ResponseAsync.Within();
        client.UnaryCall(new SimpleRequest(), new Metadata());
        Assert.Equal(["first", "second", "blocking first", "blocking second"], _trail.Entries);
        Assert.Equal("0", seen);
    }

    private async Task<T> Handled<T>(T response)
    {
        await Task.Yield();
        _trail.Entries.Add("handler");
        return response;
    }

    private Task<GrpcHost> StartAsync() => GrpcHost.StartAsync(
        grpc => grpc.Interceptors.Add<RecordingInterceptor>("global", _trail),
        services => services.AddGrpc().AddServiceOptions<ScriptedService>(service => service.Interceptors.Add<RecordingInterceptor>("service", _trail)));

    private sealed class Trail
    {
        public List<string> Entries { get; } = [];
    }

    private sealed class RecordingInterceptor(string name, Trail trail) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            Around(context, () => continuation(request, context));

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
            Around(context, () => continuation(requestStream, context));

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
            Around(context, () => Valued(continuation(request, responseStream, context)));

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
            Around(context, () => Valued(continuation(requestStream, responseStream, context)));

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            trail.Entries.Add(name);
            var call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(call.ResponseAsync, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            trail.Entries.Add($"blocking {name}");
            return continuation(request, context);
        }

        private static async Task<int> Valued(Task task)
        {
            await task;
            return 0;
        }

        private async Task<T> Around<T>(ServerCallContext context, Func<Task<T>> next)
        {
            trail.Entries.Add($"+{name}");
            context.UserState["who"] = name;
            try
            {
                return await next();
            }
            catch (KeyNotFoundException)
            {
                throw new RpcException(new Status(StatusCode.NotFound, "replaced"));
            }
            finally
            {
                trail.Entries.Add($"-{name}");
            }
        }
    }
}
