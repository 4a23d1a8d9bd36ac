using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Grpc.Tests.Hosting;

namespace OpenOva.Relay.Grpc.Tests.Server;

[Trait("Kind", "Fast")]
public sealed class BindingTests
{
    [Fact]
    public async Task Attributes_OfClassAndMethod_ReachTheEndpoint()
    {
        await using var host = await GrpcHost.StartAsync(
            services: services => services.AddAuthorization(), map: application => application.MapGrpcService<GuardedService>());
        string[] PoliciesOf(string method) =>
        [
            .. Endpoint(host, method).Metadata.GetOrderedMetadata<IAuthorizeData>().Select(data => data.Policy!),
        ];
        Assert.Equal(["service"], PoliciesOf("EmptyCall"));
        Assert.Equal(["service", "method"], PoliciesOf("UnaryCall"));
        Assert.NotNull(Endpoint(host, "StreamingInputCall").Metadata.GetMetadata<IAllowAnonymous>());
    }

    [Fact]
    public async Task Endpoint_TellsMethodAndService()
    {
        await using var host = await GrpcHost.StartAsync();
        var metadata = Endpoint(host, "FullDuplexCall").Metadata.GetMetadata<GrpcMethodMetadata>()!;
        Assert.Equal(typeof(ScriptedService), metadata.ServiceType);
        Assert.Equal(
            (MethodType.DuplexStreaming, "grpc.testing.TestService", "FullDuplexCall", "/grpc.testing.TestService/FullDuplexCall"),
            (metadata.Method.Type, metadata.Method.ServiceName, metadata.Method.Name, metadata.Method.FullName));
    }

    [Fact]
    public async Task Conventions_ReachEveryEndpointOfTheService()
    {
        await using var host = await GrpcHost.StartAsync(
            services: services => services.AddAuthorization(),
            map: application => application.MapGrpcService<ScriptedService>().RequireAuthorization("all"));
        var endpoints = host.Application.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        // The eight methods, unknown methods of the service, unknown services.
        Assert.Equal(10, endpoints.Count);
        Assert.All(endpoints, endpoint => Assert.Equal("all", endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy));
    }

    [Fact]
    public async Task Service_IsMadeForEachCallAndDisposedAfterIt()
    {
        CountingService.Made = CountingService.Disposed = 0;
        await using var host = await GrpcHost.StartAsync(map: application => application.MapGrpcService<CountingService>());
        var client = host.Client();
        await client.EmptyCallAsync(new Empty()).ResponseAsync.Within();
        await client.EmptyCallAsync(new Empty()).ResponseAsync.Within();
        Assert.Equal((2, 2), (CountingService.Made, CountingService.Disposed));
    }

    [Fact]
    public async Task Service_OfTheContainer_IsTakenFromIt()
    {
        CountingService.Made = CountingService.Disposed = 0;
        await using var host = await GrpcHost.StartAsync(
            services: services => services.AddSingleton<CountingService>(), map: application => application.MapGrpcService<CountingService>());
        var client = host.Client();
        await client.EmptyCallAsync(new Empty()).ResponseAsync.Within();
        await client.EmptyCallAsync(new Empty()).ResponseAsync.Within();
        Assert.Equal((1, 0), (CountingService.Made, CountingService.Disposed));
    }

    [Fact]
    public async Task Method_ThatHidesTheGenerated_IsNotTheHandler()
    {
        await using var host = await GrpcHost.StartAsync(map: application => application.MapGrpcService<HidingService>());
        var call = host.Client().EmptyCallAsync(new Empty());
        Assert.Equal("the override", (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within())).Status.Detail);
    }

    [Fact]
    public async Task Definition_WithoutAService_IsServed()
    {
        var definition = TestService.BindService(new ScriptedService(new Script()));
        await using var host = await GrpcHost.StartAsync(map: application => application.MapGrpcService(definition));
        await host.Client().UnaryCallAsync(new SimpleRequest()).ResponseAsync.Within();
        Assert.Throws<ArgumentException>(() => ServerServiceDefinition.CreateBuilder()
            .AddMethod(EmptyMethod(), (Empty _, ServerCallContext _) => Task.FromResult(new Empty()))
            .AddMethod(EmptyMethod(), (Empty _, ServerCallContext _) => Task.FromResult(new Empty())));
    }

    [Fact]
    public async Task UnknownServices_CanBeLeftToOthers()
    {
        await using var host = await GrpcHost.StartAsync(grpc => grpc.IgnoreUnknownServices = true);
        using var raw = new RawCall(host.Address);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await raw.SendAsync("/no.such.Service/Call", [])).Http);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await raw.SendAsync("/grpc.testing.TestService/NoSuchCall", [])).Http);
    }

    [Fact]
    public async Task UnknownServicesAndMethods_AreUnimplemented()
    {
        await using var host = await GrpcHost.StartAsync();
        using var raw = new RawCall(host.Address);
        var service = await raw.SendAsync("/no.such.Service/Call", []);
        Assert.Equal(("12", "Service is unimplemented.", true), (service.Status, service.Message, service.IsTrailersOnly));
        var method = await raw.SendAsync("/grpc.testing.TestService/NoSuchCall", []);
        Assert.Equal(("12", "Method is unimplemented.", true), (method.Status, method.Message, method.IsTrailersOnly));
    }

    [Fact]
    public void Mapping_WithoutAddGrpc_SaysWhatIsMissing()
    {
        var application = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddGrpc", Assert.Throws<InvalidOperationException>(
            () => application.MapGrpcService<ScriptedService>()).Message, StringComparison.Ordinal);
    }

    private static Method<Empty, Empty> EmptyMethod()
    {
        var marshaller = Marshallers.Create(_ => [], (byte[] _) => new Empty());
        return new Method<Empty, Empty>(MethodType.Unary, "own.Service", "Empty", marshaller, marshaller);
    }

    private static RouteEndpoint Endpoint(GrpcHost host, string method) => host.Application.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .OfType<RouteEndpoint>().Single(endpoint => endpoint.RoutePattern.RawText == $"/grpc.testing.TestService/{method}");

    [Authorize("service")]
    private sealed class GuardedService : TestService.TestServiceBase
    {
        [Authorize("method")]
        public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => throw new NotSupportedException();

        [AllowAnonymous]
        public override Task<StreamingInputCallResponse> StreamingInputCall(
            IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context) => throw new NotSupportedException();
    }

    private sealed class CountingService : TestService.TestServiceBase, IAsyncDisposable
    {
        public CountingService() => Interlocked.Increment(ref Made);

        public static int Made;
        public static int Disposed;

        public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

        public ValueTask DisposeAsync()
        {
            Interlocked.Increment(ref Disposed);
            return ValueTask.CompletedTask;
        }
    }

    private class OverridingService : TestService.TestServiceBase
    {
        public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) =>
            throw new RpcException(new Status(StatusCode.Aborted, "the override"));
    }

    private sealed class HidingService : OverridingService
    {
        private readonly Empty _hidden = new();

        public new Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(_hidden);
    }
}
