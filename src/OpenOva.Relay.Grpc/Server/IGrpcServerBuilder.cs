using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Configures gRPC further.</summary>
public interface IGrpcServerBuilder
{
    /// <summary>The application's services.</summary>
    IServiceCollection Services { get; }
}

/// <summary>Stands for the service type where a service is mapped from a definition and has none.</summary>
internal sealed class ServerServiceDefinitionMarker
{
}
