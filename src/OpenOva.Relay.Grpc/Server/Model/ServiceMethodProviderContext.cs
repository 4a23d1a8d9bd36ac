using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Collects the methods of a service.</summary>
public class ServiceMethodProviderContext<TService>
    where TService : class
{
    private readonly CallHandlerFactory<TService> _factory;

    internal ServiceMethodProviderContext(CallHandlerFactory<TService> factory, object? argument)
    {
        _factory = factory;
        Argument = argument;
    }

    /// <summary>What the service was mapped with.</summary>
    public object? Argument { get; }

    internal List<MethodRoute> Methods { get; } = [];

    /// <summary>Adds a unary method.</summary>
    public void AddUnaryMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, UnaryServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => Add(method, metadata, _factory.Create(method, invoker));

    /// <summary>Adds a server-streaming method.</summary>
    public void AddServerStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ServerStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => Add(method, metadata, _factory.Create(method, invoker));

    /// <summary>Adds a client-streaming method.</summary>
    public void AddClientStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ClientStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => Add(method, metadata, _factory.Create(method, invoker));

    /// <summary>Adds a duplex-streaming method.</summary>
    public void AddDuplexStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, DuplexStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => Add(method, metadata, _factory.Create(method, invoker));

    /// <summary>Adds a method at a route of its own.</summary>
    public void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, RoutePattern pattern, IList<object> metadata, RequestDelegate invoker)
        where TRequest : class
        where TResponse : class => Methods.Add(new MethodRoute(method, pattern, metadata, invoker));

    private void Add<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ServerCallHandler<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => AddMethod(method, RoutePatternFactory.Parse(method.FullName), metadata, handler.InvokeAsync);
}

/// <summary>A method with the endpoint that serves it.</summary>
internal sealed record MethodRoute(IMethod Method, RoutePattern Pattern, IList<object> Metadata, RequestDelegate Invoker);
