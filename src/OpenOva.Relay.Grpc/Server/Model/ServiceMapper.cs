using Grpc.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Maps the methods of a service to endpoints, and what else may be called under its name to UNIMPLEMENTED.</summary>
internal sealed class ServiceMapper<TService>(
    IEnumerable<IServiceMethodProvider<TService>> providers, CallHandlerFactory<TService> factory, MappedServices mapped, ILoggerFactory logs)
    where TService : class
{
    private readonly ILogger _logger = logs.CreateLogger(GrpcServerLog.Category);

    public GrpcServiceEndpointConventionBuilder Map(IEndpointRouteBuilder routes, object? argument)
    {
        var context = new ServiceMethodProviderContext<TService>(factory, argument);
        foreach (var provider in providers) provider.OnServiceMethodDiscovery(context);
        List<IEndpointConventionBuilder> endpoints = [.. context.Methods.Select(method => Map(routes, method))];

        if (!factory.IgnoreUnknownServices && mapped.TakeFirst()) endpoints.Add(MapUnimplementedService(routes));
        foreach (var service in context.Methods.Select(method => method.Method.ServiceName).Distinct(StringComparer.Ordinal))
            if (mapped.Add(service) && !factory.IgnoreUnknownMethods) endpoints.Add(MapUnimplementedMethod(routes, service));
        return new GrpcServiceEndpointConventionBuilder(endpoints);
    }

    private IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, MethodRoute method)
    {
        var pattern = method.Pattern.RawText ?? "";
        GrpcServerLog.MethodAdded(_logger, method.Method.FullName, pattern);
        var endpoint = routes.Map(method.Pattern, method.Invoker);
        endpoint.Add(builder =>
        {
            builder.DisplayName = $"gRPC - {pattern}";
            builder.Metadata.Add(new GrpcMethodMetadata(typeof(TService), method.Method));
            foreach (var item in method.Metadata) builder.Metadata.Add(item);
        });
        return endpoint;
    }

    private IEndpointConventionBuilder MapUnimplementedService(IEndpointRouteBuilder routes) => MapUnimplemented(
        routes,
        $"{{unimplementedService}}/{{unimplementedMethod:{UnimplementedConstraint.Name}}}",
        "Unimplemented service",
        "Service is unimplemented.",
        http => GrpcServerLog.ServiceUnimplemented(_logger, $"{http.Request.RouteValues["unimplementedService"]}"));

    private IEndpointConventionBuilder MapUnimplementedMethod(IEndpointRouteBuilder routes, string service) => MapUnimplemented(
        routes,
        $"{service}/{{unimplementedMethod:{UnimplementedConstraint.Name}}}",
        $"Unimplemented method for {service}",
        "Method is unimplemented.",
        http => GrpcServerLog.MethodUnimplemented(_logger, $"{http.Request.RouteValues["unimplementedMethod"]}"));

    private static IEndpointConventionBuilder MapUnimplemented(
        IEndpointRouteBuilder routes, string pattern, string name, string detail, Action<HttpContext> log) =>
        routes.Map(pattern, GrpcRequest.Unimplemented(detail, log)).WithDisplayName($"gRPC - {name}");
}

/// <summary>Which services have been mapped, so that each gets one endpoint for its unknown methods.</summary>
internal sealed class MappedServices
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private bool _any;

    public bool TakeFirst() => !_any && (_any = true);

    public bool Add(string service) => _names.Add(service);
}

/// <summary>Lets only gRPC calls match the endpoints of what is unimplemented, so that other routes are not shadowed.</summary>
internal sealed class UnimplementedConstraint : IRouteConstraint
{
    public const string Name = "grpcunimplemented";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null
        && (GrpcRequest.IsCorsPreflight(httpContext)
            || (HttpMethods.IsPost(httpContext.Request.Method) && GrpcHeaders.IsGrpcContentType(httpContext.Request.ContentType)));
}
