using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Puts interceptors around a handler. Each is made for the call when the call reaches it, and released when the call has left it.</summary>
internal sealed class InterceptorPipeline(IReadOnlyList<InterceptorRegistration> registrations)
{
    private static readonly ConcurrentDictionary<Type, Type> s_activators = new();

    public UnaryServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(UnaryServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Build(handler, static (registration, next) => async (request, context) =>
        {
            await using var lease = new Lease(registration, context);
            return await lease.Interceptor.UnaryServerHandler(request, context, next);
        });

    public ClientStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ClientStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Build(handler, static (registration, next) => async (requests, context) =>
        {
            await using var lease = new Lease(registration, context);
            return await lease.Interceptor.ClientStreamingServerHandler(requests, context, next);
        });

    public ServerStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ServerStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Build(handler, static (registration, next) => async (request, responses, context) =>
        {
            await using var lease = new Lease(registration, context);
            await lease.Interceptor.ServerStreamingServerHandler(request, responses, context, next);
        });

    public DuplexStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(DuplexStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Build(handler, static (registration, next) => async (requests, responses, context) =>
        {
            await using var lease = new Lease(registration, context);
            await lease.Interceptor.DuplexStreamingServerHandler(requests, responses, context, next);
        });

    private TDelegate Build<TDelegate>(TDelegate handler, Func<InterceptorRegistration, TDelegate, TDelegate> wrap)
    {
        for (var i = registrations.Count - 1; i >= 0; i--) handler = wrap(registrations[i], handler);
        return handler;
    }

    private readonly struct Lease : IAsyncDisposable
    {
        private readonly IGrpcInterceptorActivator _activator;
        private readonly GrpcActivatorHandle<Interceptor> _handle;

        public Lease(InterceptorRegistration registration, ServerCallContext context)
        {
            var services = context.GetHttpContext().RequestServices;
            var type = s_activators.GetOrAdd(registration.Type, static type => typeof(IGrpcInterceptorActivator<>).MakeGenericType(type));
            _activator = (IGrpcInterceptorActivator)services.GetRequiredService(type);
            _handle = _activator.Create(services, registration);
        }

        public Interceptor Interceptor => _handle.Instance;

        public ValueTask DisposeAsync() => _activator.ReleaseAsync(_handle);
    }
}
