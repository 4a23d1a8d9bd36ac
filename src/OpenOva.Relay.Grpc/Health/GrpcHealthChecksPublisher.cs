using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Hands what the scheduled health checks find to those who watch.</summary>
internal sealed partial class GrpcHealthChecksPublisher(
    HealthServiceImpl health, IOptions<GrpcHealthChecksOptions> options, ILogger<GrpcHealthChecksPublisher> logger) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            var chosen = report.Entries.Where(
                entry => mapping.HealthCheckPredicate?.Invoke(new HealthCheckMapContext(entry.Key, entry.Value.Tags)) is not false);
            var status = CheckedHealthService.Combine(chosen.Select(entry => entry.Value.Status));
            StatusFound(logger, mapping.Name, status);
            health.SetStatus(mapping.Name, status);
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(50, LogLevel.Debug, "Service '{Service}' is {Status}.")]
    private static partial void StatusFound(ILogger logger, string service, ServingStatus status);
}
