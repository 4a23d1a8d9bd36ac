using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Lists the methods of a generated service by its <see cref="BindServiceMethodAttribute"/>.</summary>
internal sealed class GeneratedMethodProvider<TService>(ILoggerFactory logs) : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        // Searched upwards here: the attribute is inherited from the generated base, but a base of its own may stand in between.
        var attribute = typeof(TService).GetCustomAttribute<BindServiceMethodAttribute>(inherit: true);
        var bind = attribute?.BindType.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.NonPublic).FirstOrDefault(
            method => method.Name == attribute.BindMethodName
                && method.GetParameters() is [var binder, var service]
                && binder.ParameterType == typeof(ServiceBinderBase)
                && service.ParameterType.IsAssignableFrom(typeof(TService)));
        if (bind is null)
        {
            GrpcServerLog.BindMethodNotFound(logs.CreateLogger(GrpcServerLog.Category), typeof(TService));
            return;
        }

        bind.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [new GeneratedBinder<TService>(context, bind.GetParameters()[1].ParameterType), null], null);
    }
}

/// <summary>
/// Finds the override of each method by name and makes an open delegate of it. The attributes of the class and of the override become
/// metadata of the endpoint, the method's last, since the last one counts.
/// </summary>
internal sealed class GeneratedBinder<TService>(ServiceMethodProviderContext<TService> context, Type generatedBase) : ServiceBinderBase
    where TService : class
{
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var (metadata, invoker) = Find<UnaryServerMethod<TService, TRequest, TResponse>>(
            method.Name, typeof(TRequest), typeof(ServerCallContext));
        context.AddUnaryMethod(method, metadata, invoker);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var (metadata, invoker) = Find<ClientStreamingServerMethod<TService, TRequest, TResponse>>(
            method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        context.AddClientStreamingMethod(method, metadata, invoker);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var (metadata, invoker) = Find<ServerStreamingServerMethod<TService, TRequest, TResponse>>(
            method.Name, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        context.AddServerStreamingMethod(method, metadata, invoker);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var (metadata, invoker) = Find<DuplexStreamingServerMethod<TService, TRequest, TResponse>>(
            method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        context.AddDuplexStreamingMethod(method, metadata, invoker);
    }

    private (IList<object> Metadata, TDelegate Invoker) Find<TDelegate>(string name, params Type[] parameters)
        where TDelegate : Delegate
    {
        // A method that merely hides the generated one (`new`) is no override and is passed over.
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            var found = type.GetMethod(name, BindingFlags.Public | BindingFlags.Instance, parameters);
            if (found is null) break;
            if (!found.IsVirtual || found.GetBaseDefinition().DeclaringType != generatedBase) continue;
            List<object> metadata =
            [
                .. typeof(TService).GetCustomAttributes(inherit: true),
                .. found.GetCustomAttributes(inherit: true),
                new HttpMethodMetadata(["POST"], acceptCorsPreflight: true),
            ];
            return (metadata, found.CreateDelegate<TDelegate>());
        }

        throw new InvalidOperationException($"Could not find '{name}' on {typeof(TService)}.");
    }
}

/// <summary>Lists the methods of a <see cref="ServerServiceDefinition"/>.</summary>
internal sealed class DefinedMethodProvider<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        if (context.Argument is ServerServiceDefinition definition) definition.BindService(new Binder(context));
    }

    private sealed class Binder(ServiceMethodProviderContext<TService> context) : ServiceBinderBase
    {
        private readonly List<object> _metadata = [new HttpMethodMetadata(["POST"], acceptCorsPreflight: true)];

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            context.AddUnaryMethod(method, _metadata, (_, request, call) => handler!(request, call));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddClientStreamingMethod(method, _metadata, (_, requests, call) => handler!(requests, call));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddServerStreamingMethod(method, _metadata, (_, request, responses, call) => handler!(request, responses, call));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddDuplexStreamingMethod(method, _metadata, (_, requests, responses, call) => handler!(requests, responses, call));
    }
}
