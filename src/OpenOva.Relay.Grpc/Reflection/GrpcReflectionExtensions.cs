using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds server reflection to an application.</summary>
    public static class GrpcReflectionServiceExtensions
    {
        /// <summary>Adds server reflection for all mapped services.</summary>
        public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.TryAddSingleton(provider => new ReflectionServiceImpl(Descriptors(provider)));
            services.TryAddSingleton(provider => new ReflectionV1ServiceImpl(Descriptors(provider)));
            return services;
        }

        private static List<Google.Protobuf.Reflection.ServiceDescriptor> Descriptors(IServiceProvider provider) =>
        [
            .. provider.GetRequiredService<EndpointDataSource>().Endpoints
                .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
                .OfType<Type>()
                .Distinct()
                .Select(Descriptor)
                .OfType<Google.Protobuf.Reflection.ServiceDescriptor>(),
        ];

        private static object? Descriptor(Type service) => service
            .GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType
            .GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
    }
}

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>Maps server reflection.</summary>
    public static class GrpcReflectionEndpointRouteBuilderExtensions
    {
        /// <summary>Maps server reflection, v1alpha and v1.</summary>
        /// <exception cref="InvalidOperationException"><c>AddGrpcReflection</c> has not been called.</exception>
        public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder)
        {
            ArgumentNullException.ThrowIfNull(builder);
            if (builder.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(ReflectionServiceImpl)) is false)
                throw new InvalidOperationException("Unable to find the required services. Please add them by calling 'IServiceCollection.AddGrpcReflection'.");
            return new GrpcServiceEndpointConventionBuilder(
                [builder.MapGrpcService<ReflectionServiceImpl>(), builder.MapGrpcService<ReflectionV1ServiceImpl>()]);
        }
    }
}
