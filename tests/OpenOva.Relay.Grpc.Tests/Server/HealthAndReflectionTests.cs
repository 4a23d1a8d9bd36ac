using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OpenOva.Relay.Grpc.Tests.Hosting;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;
using V1 = Grpc.Reflection.V1;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace OpenOva.Relay.Grpc.Tests.Server;

[Trait("Kind", "Fast")]
public sealed class HealthAndReflectionTests
{
    private HealthStatus _database = HealthStatus.Healthy;

    [Fact]
    public async Task Check_RunsTheServicesChecks()
    {
        await using var host = await HealthHostAsync();
        var client = new Health.HealthClient(host.Connect());
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest()).ResponseAsync.Within()).Status);
        _database = HealthStatus.Unhealthy;
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest()).ResponseAsync.Within()).Status);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest { Service = "store" }).ResponseAsync.Within()).Status);
        Assert.Equal(ServingStatus.Unknown, (await client.CheckAsync(new HealthCheckRequest { Service = "none" }).ResponseAsync.Within()).Status);
        var call = client.CheckAsync(new HealthCheckRequest { Service = "no such" });
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.Within())).StatusCode);
    }

    [Fact]
    public async Task Watch_TellsTheStatusAndItsChanges()
    {
        await using var host = await HealthHostAsync();
        var health = host.Application.Services.GetRequiredService<HealthServiceImpl>();
        var client = new Health.HealthClient(host.Connect());
        using var watch = client.Watch(new HealthCheckRequest { Service = "store" });
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        health.SetStatus("store", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        health.ClearStatus("store");
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
        using var unknown = client.Watch(new HealthCheckRequest { Service = "no such" });
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(unknown));
    }

    [Fact]
    public async Task Watch_EndsWhenTheApplicationStops()
    {
        await using var host = await HealthHostAsync();
        using var watch = new Health.HealthClient(host.Connect()).Watch(new HealthCheckRequest());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        var stopping = host.Application.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.False(await watch.ResponseStream.MoveNext().Within());
        await stopping.Within();
    }

    [Fact]
    public async Task HealthService_ForgetsAll()
    {
        var health = new HealthServiceImpl();
        health.SetStatus("a", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, (await health.Check(new HealthCheckRequest { Service = "a" }, null!)).Status);
        health.ClearAll();
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await health.Check(new HealthCheckRequest { Service = "a" }, null!));
        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task ReflectionV1_ListsServicesAndGivesTheirFiles()
    {
        await using var host = await ReflectionHostAsync();
        using var call = new V1.ServerReflection.ServerReflectionClient(host.Connect()).ServerReflectionInfo();
        async Task<V1.ServerReflectionResponse> AskAsync(V1.ServerReflectionRequest request)
        {
            await call.RequestStream.WriteAsync(request).Within();
            Assert.True(await call.ResponseStream.MoveNext().Within());
            Assert.Equal(request, call.ResponseStream.Current.OriginalRequest);
            return call.ResponseStream.Current;
        }

        var list = await AskAsync(new V1.ServerReflectionRequest { ListServices = "" });
        Assert.Equal(
            ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService"],
            list.ListServicesResponse.Service.Select(service => service.Name).Order(StringComparer.Ordinal));
        foreach (var symbol in new[] { "grpc.testing.TestService", "grpc.testing.TestService.UnaryCall" })
        {
            var files = (await AskAsync(new V1.ServerReflectionRequest { FileContainingSymbol = symbol })).FileDescriptorResponse.FileDescriptorProto;
            Assert.Equal(["grpc/testing/empty.proto", "grpc/testing/messages.proto", "grpc/testing/test.proto"], NamesOf(files));
        }

        var nested = await AskAsync(new V1.ServerReflectionRequest { FileContainingSymbol = "grpc.testing.Payload" });
        Assert.Equal(["grpc/testing/messages.proto"], NamesOf(nested.FileDescriptorResponse.FileDescriptorProto));
        var file = await AskAsync(new V1.ServerReflectionRequest { FileByFilename = "grpc/testing/empty.proto" });
        Assert.Equal(["grpc/testing/empty.proto"], NamesOf(file.FileDescriptorResponse.FileDescriptorProto));
        Assert.Equal(5, (await AskAsync(new V1.ServerReflectionRequest { FileByFilename = "no.proto" })).ErrorResponse.ErrorCode);
        Assert.Equal(5, (await AskAsync(new V1.ServerReflectionRequest { FileContainingSymbol = "no" })).ErrorResponse.ErrorCode);
        Assert.Equal(12, (await AskAsync(new V1.ServerReflectionRequest { AllExtensionNumbersOfType = "x" })).ErrorResponse.ErrorCode);
    }

    [Trait("Implementation", "Own")]
    [Fact]
    public async Task ReflectionV1Alpha_AnswersToo()
    {
        await using var host = await ReflectionHostAsync();
        using var call = new V1Alpha.ServerReflection.ServerReflectionClient(host.Connect()).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new V1Alpha.ServerReflectionRequest { Host = "h", FileContainingSymbol = "grpc.testing.Empty" }).Within();
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext().Within());
        Assert.Equal("h", call.ResponseStream.Current.ValidHost);
        Assert.Equal(["grpc/testing/empty.proto"], NamesOf(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto));
        Assert.False(await call.ResponseStream.MoveNext().Within());
    }

    private static IEnumerable<string> NamesOf(IEnumerable<ByteString> files) =>
        files.Select(file => FileDescriptorProto.Parser.ParseFrom(file).Name).Order(StringComparer.Ordinal);

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext().Within());
        return watch.ResponseStream.Current.Status;
    }

    private static Task<GrpcHost> ReflectionHostAsync() => GrpcHost.StartAsync(
        services: services => services.AddGrpcReflection(),
        map: application =>
        {
            application.MapGrpcService<ScriptedService>();
            application.MapGrpcReflectionService();
        });

    private Task<GrpcHost> HealthHostAsync() => GrpcHost.StartAsync(
        services: services => services
            .AddGrpcHealthChecks(options =>
            {
                options.Services.Map("store", check => check.Tags.Contains("storage"));
                options.Services.Map("none", _ => false);
            })
            .AddCheck("database", () => new HealthCheckResult(_database), ["storage"]),
        map: application => application.MapGrpcHealthChecksService());
}
