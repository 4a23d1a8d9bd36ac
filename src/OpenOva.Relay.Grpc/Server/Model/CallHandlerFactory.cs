using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Makes the handlers of one service's methods: service object innermost, then interceptors, then the protocol.</summary>
internal sealed class CallHandlerFactory<TService>
    where TService : class
{
    private readonly IGrpcServiceActivator<TService> _activator;
    private readonly ILogger _logger;
    private readonly MethodSettings _settings;
    private readonly InterceptorPipeline _interceptors;

    public CallHandlerFactory(
        IOptions<GrpcServiceOptions> all, IOptions<GrpcServiceOptions<TService>> service, IGrpcServiceActivator<TService> activator, ILoggerFactory logs)
    {
        _activator = activator;
        _logger = logs.CreateLogger(GrpcServerLog.Category);
        _settings = new MethodSettings(all.Value, service.Value);
        _interceptors = new InterceptorPipeline(_settings.Interceptors);
        IgnoreUnknownServices = all.Value.IgnoreUnknownServices ?? false;
        IgnoreUnknownMethods = service.Value.IgnoreUnknownServices ?? IgnoreUnknownServices;
    }

    public bool IgnoreUnknownServices { get; }

    public bool IgnoreUnknownMethods { get; }

    public ServerCallHandler<TRequest, TResponse> Create<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => new UnaryHandler<TRequest, TResponse>(
            method, _settings, _logger, _interceptors.Around<TRequest, TResponse>(async (TRequest request, ServerCallContext context) =>
            {
                await using var lease = Lease(context);
                return await invoker(lease.Service, request, context);
            }));

    public ServerCallHandler<TRequest, TResponse> Create<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => new ClientStreamingHandler<TRequest, TResponse>(
            method, _settings, _logger, _interceptors.Around<TRequest, TResponse>(async (IAsyncStreamReader<TRequest> requests, ServerCallContext context) =>
            {
                await using var lease = Lease(context);
                return await invoker(lease.Service, requests, context);
            }));

    public ServerCallHandler<TRequest, TResponse> Create<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => new ServerStreamingHandler<TRequest, TResponse>(
            method, _settings, _logger, _interceptors.Around<TRequest, TResponse>(async (TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context) =>
            {
                await using var lease = Lease(context);
                await invoker(lease.Service, request, responses, context);
            }));

    public ServerCallHandler<TRequest, TResponse> Create<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => new DuplexStreamingHandler<TRequest, TResponse>(
            method,
            _settings,
            _logger,
            _interceptors.Around<TRequest, TResponse>(
                async (IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context) =>
                {
                    await using var lease = Lease(context);
                    await invoker(lease.Service, requests, responses, context);
                }));

    private ServiceLease Lease(ServerCallContext context) =>
        _settings.SuppressCreatingService ? default : new ServiceLease(_activator, context.GetHttpContext().RequestServices);

    /// <summary>The service object of one call; none where handlers need none.</summary>
    private readonly struct ServiceLease(IGrpcServiceActivator<TService> activator, IServiceProvider services) : IAsyncDisposable
    {
        private readonly IGrpcServiceActivator<TService>? _activator = activator;
        private readonly GrpcActivatorHandle<TService> _handle = activator.Create(services);

        public TService Service => _handle.Instance;

        public ValueTask DisposeAsync() => _activator?.ReleaseAsync(_handle) ?? ValueTask.CompletedTask;
    }
}
