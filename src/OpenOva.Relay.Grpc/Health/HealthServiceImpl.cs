using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;

namespace Grpc.HealthCheck;

/// <summary>Answers health checks from the statuses that it is told. One for the whole process; safe from any thread.</summary>
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    /// <summary>A watcher that reads slowly misses intermediate statuses, never the last one.</summary>
    private const int MostQueued = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, HealthCheckResponse.Types.ServingStatus> _statuses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ChannelWriter<HealthCheckResponse.Types.ServingStatus>>> _watchers = new(StringComparer.Ordinal);

    /// <summary>Sets the status of a service; empty for the server as a whole.</summary>
    public void SetStatus(string service, HealthCheckResponse.Types.ServingStatus status)
    {
        lock (_gate)
        {
            if (_statuses.TryGetValue(service, out var previous) && previous == status) return;
            _statuses[service] = status;
            Notify(service, status);
        }
    }

    /// <summary>Forgets a service.</summary>
    public void ClearStatus(string service)
    {
        lock (_gate)
            if (_statuses.Remove(service)) Notify(service, HealthCheckResponse.Types.ServingStatus.ServiceUnknown);
    }

    /// <summary>Forgets all services.</summary>
    public void ClearAll()
    {
        lock (_gate)
        {
            string[] services = [.. _statuses.Keys];
            _statuses.Clear();
            foreach (var service in services) Notify(service, HealthCheckResponse.Types.ServingStatus.ServiceUnknown);
        }
    }

    /// <inheritdoc />
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_gate)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, ""));
        }
    }

    /// <inheritdoc />
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var statuses = Channel.CreateBounded<HealthCheckResponse.Types.ServingStatus>(
            new BoundedChannelOptions(MostQueued) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        Add(request.Service, statuses.Writer);
        try
        {
            await foreach (var status in statuses.Reader.ReadAllAsync(context.CancellationToken))
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The watcher has left: the usual end of a watch, and no error.
        }
        finally
        {
            Remove(request.Service, statuses.Writer);
        }
    }

    private void Add(string service, ChannelWriter<HealthCheckResponse.Types.ServingStatus> watcher)
    {
        lock (_gate)
        {
            if (!_watchers.TryGetValue(service, out var watchers)) _watchers[service] = watchers = [];
            watchers.Add(watcher);
            watcher.TryWrite(_statuses.GetValueOrDefault(service, HealthCheckResponse.Types.ServingStatus.ServiceUnknown));
        }
    }

    private void Remove(string service, ChannelWriter<HealthCheckResponse.Types.ServingStatus> watcher)
    {
        lock (_gate)
        {
            if (_watchers.TryGetValue(service, out var watchers) && watchers.Remove(watcher) && watchers.Count == 0) _watchers.Remove(service);
        }
    }

    private void Notify(string service, HealthCheckResponse.Types.ServingStatus status)
    {
        foreach (var watcher in _watchers.GetValueOrDefault(service, [])) watcher.TryWrite(status);
    }
}
