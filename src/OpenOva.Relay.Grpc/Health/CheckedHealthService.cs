using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>
/// The health service of an application with ASP.NET health checks: Check runs them, Watch tells what they find when they run by schedule.
/// </summary>
internal sealed class CheckedHealthService(
    HealthServiceImpl known,
    HealthCheckService checks,
    IOptions<HealthCheckOptions> checkOptions,
    IOptions<GrpcHealthChecksOptions> options,
    IHostApplicationLifetime application) : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (options.Value.UseHealthChecksCache) return await known.Check(request, context);
        var status = await RunAsync(request.Service, context.CancellationToken) ?? throw new RpcException(new Status(StatusCode.NotFound, ""));
        return new HealthCheckResponse { Status = status };
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var writer = options.Value.UseHealthChecksCache
            ? responseStream
            : new FirstCheckedWriter(responseStream, () => RunAsync(request.Service, context.CancellationToken));
        if (options.Value.SuppressCompletionOnShutdown)
        {
            await known.Watch(request, writer, context);
            return;
        }

        // A watch never ends by itself, and the server waits for its calls when it stops.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, application.ApplicationStopping);
        await known.Watch(request, writer, new EndingCall(context, ending.Token));
        if (application.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
            await responseStream.WriteAsync(new HealthCheckResponse { Status = ServingStatus.NotServing });
    }

    private async Task<ServingStatus?> RunAsync(string service, CancellationToken cancellationToken)
    {
        if (!options.Value.Services.TryGet(service, out var mapping)) return null;
        var report = await checks.CheckHealthAsync(
            check => checkOptions.Value.Predicate?.Invoke(check) is not false
                && mapping.HealthCheckPredicate?.Invoke(new HealthCheckMapContext(check.Name, check.Tags)) is not false,
            cancellationToken);
        return Combine(report.Entries.Values.Select(entry => entry.Status));
    }

    /// <summary>Unhealthy if one is; a service without any check is unknown.</summary>
    internal static ServingStatus Combine(IEnumerable<HealthStatus> statuses)
    {
        var combined = ServingStatus.Unknown;
        foreach (var status in statuses)
        {
            if (status is HealthStatus.Unhealthy) return ServingStatus.NotServing;
            combined = ServingStatus.Serving;
        }

        return combined;
    }

    /// <summary>The first answer of a watch is a fresh one: the schedule may not have run yet.</summary>
    private sealed class FirstCheckedWriter(IServerStreamWriter<HealthCheckResponse> inner, Func<Task<ServingStatus?>> check)
        : IServerStreamWriter<HealthCheckResponse>
    {
        private bool _started;

        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public async Task WriteAsync(HealthCheckResponse message)
        {
            if (!_started)
            {
                _started = true;
                message = new HealthCheckResponse { Status = await check() ?? ServingStatus.ServiceUnknown };
            }

            await inner.WriteAsync(message);
        }
    }

    /// <summary>A call that also ends when the application does.</summary>
    private sealed class EndingCall(ServerCallContext call, CancellationToken ending) : ServerCallContext
    {
        protected override string MethodCore => call.Method;

        protected override string HostCore => call.Host;

        protected override string PeerCore => call.Peer;

        protected override DateTime DeadlineCore => call.Deadline;

        protected override Metadata RequestHeadersCore => call.RequestHeaders;

        protected override CancellationToken CancellationTokenCore => ending;

        protected override Metadata ResponseTrailersCore => call.ResponseTrailers;

        protected override Status StatusCore
        {
            get => call.Status;
            set => call.Status = value;
        }

        protected override WriteOptions? WriteOptionsCore
        {
            get => call.WriteOptions;
            set => call.WriteOptions = value;
        }

        protected override AuthContext AuthContextCore => call.AuthContext;

        protected override IDictionary<object, object> UserStateCore => call.UserState;

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => call.WriteResponseHeadersAsync(responseHeaders);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
            call.CreatePropagationToken(options);
    }
}
