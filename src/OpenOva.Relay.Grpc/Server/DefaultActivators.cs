using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Takes the service from the container, or makes it with services as constructor arguments.</summary>
internal sealed class DefaultGrpcServiceActivator<TService> : IGrpcServiceActivator<TService>
    where TService : class
{
    private static readonly Lazy<ObjectFactory> s_factory = new(() => ActivatorUtilities.CreateFactory(typeof(TService), Type.EmptyTypes));

    public GrpcActivatorHandle<TService> Create(IServiceProvider serviceProvider) =>
        serviceProvider.GetService<TService>() is { } registered
            ? new GrpcActivatorHandle<TService>(registered, created: false, state: null)
            : new GrpcActivatorHandle<TService>((TService)s_factory.Value(serviceProvider, []), created: true, state: null);

    public ValueTask ReleaseAsync(GrpcActivatorHandle<TService> service) => Activated.DisposeAsync(service);
}

/// <summary>Takes the interceptor from the container, or makes it with its registration's arguments and services.</summary>
internal sealed class DefaultGrpcInterceptorActivator<TInterceptor> : IGrpcInterceptorActivator<TInterceptor>
    where TInterceptor : Interceptor
{
    public GrpcActivatorHandle<Interceptor> Create(IServiceProvider serviceProvider, InterceptorRegistration interceptorRegistration)
    {
        if (interceptorRegistration.Arguments.Count == 0 && serviceProvider.GetService<TInterceptor>() is { } registered)
            return new GrpcActivatorHandle<Interceptor>(registered, created: false, state: null);
        var made = ActivatorUtilities.CreateInstance<TInterceptor>(serviceProvider, [.. interceptorRegistration.Arguments]);
        return new GrpcActivatorHandle<Interceptor>(made, created: true, state: null);
    }

    public ValueTask ReleaseAsync(GrpcActivatorHandle<Interceptor> interceptor) => Activated.DisposeAsync(interceptor);
}

/// <summary>What the container made is the container's to dispose.</summary>
internal static class Activated
{
    public static ValueTask DisposeAsync<T>(GrpcActivatorHandle<T> handle)
    {
        if (!handle.Created) return ValueTask.CompletedTask;
        if (handle.Instance is IAsyncDisposable asynchronous) return asynchronous.DisposeAsync();
        (handle.Instance as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }
}
