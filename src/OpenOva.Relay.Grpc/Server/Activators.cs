using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

/// <summary>A service or interceptor for one call, and whether it must be disposed after it.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "The published type has no operators.")]
public readonly struct GrpcActivatorHandle<T>
{
    /// <summary>A handle.</summary>
    public GrpcActivatorHandle(T instance, bool created, object? state)
    {
        Instance = instance;
        Created = created;
        State = state;
    }

    /// <summary>The object.</summary>
    public T Instance { get; }

    /// <summary>Whether the activator made it, and not the container.</summary>
    public bool Created { get; }

    /// <summary>What the activator keeps with it.</summary>
    public object? State { get; }
}

/// <summary>Makes the service object of a call.</summary>
public interface IGrpcServiceActivator<TGrpcService>
    where TGrpcService : class
{
    /// <summary>Makes it.</summary>
    GrpcActivatorHandle<TGrpcService> Create(IServiceProvider serviceProvider);

    /// <summary>Disposes it after the call.</summary>
    ValueTask ReleaseAsync(GrpcActivatorHandle<TGrpcService> service);
}

/// <summary>Makes the interceptors of a call.</summary>
public interface IGrpcInterceptorActivator
{
    /// <summary>Makes one.</summary>
    GrpcActivatorHandle<Interceptor> Create(IServiceProvider serviceProvider, InterceptorRegistration interceptorRegistration);

    /// <summary>Disposes it after the call.</summary>
    ValueTask ReleaseAsync(GrpcActivatorHandle<Interceptor> interceptor);
}

/// <summary>Makes the interceptors of one type.</summary>
public interface IGrpcInterceptorActivator<TInterceptor> : IGrpcInterceptorActivator
    where TInterceptor : Interceptor
{
}
