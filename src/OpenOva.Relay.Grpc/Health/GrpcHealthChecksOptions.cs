using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Which health checks make the status of which service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>The services; all checks together are the server's as a whole, under the empty name, unless that is mapped otherwise.</summary>
    public ServiceMappingCollection Services { get; } = new();

    /// <summary>Whether checks are answered with what the checks found when they last ran by schedule, instead of running them. False by default.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Whether watches go on while the application stops, instead of ending with NOT_SERVING. False by default.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}

/// <summary>A health check, to choose it by.</summary>
public sealed class HealthCheckMapContext
{
    /// <summary>Describes a check.</summary>
    public HealthCheckMapContext(string name, IEnumerable<string> tags)
    {
        Name = name;
        Tags = tags;
    }

    /// <summary>The check's name.</summary>
    public string Name { get; }

    /// <summary>The check's tags.</summary>
    public IEnumerable<string> Tags { get; }
}

/// <summary>The health checks of one service.</summary>
public sealed class ServiceMapping
{
    /// <summary>Chooses the checks that make the status of the service <paramref name="name"/>.</summary>
    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        Name = name;
        HealthCheckPredicate = predicate;
    }

    /// <summary>The service's name; empty for the server as a whole.</summary>
    public string Name { get; }

    /// <summary>Whether a check belongs to the service.</summary>
    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; }
}

/// <summary>Services by name.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly Dictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public int Count => _mappings.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    /// <summary>Chooses the checks of a service, in place of those chosen before.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => _mappings[name] = new ServiceMapping(name, predicate);

    /// <summary>Adds a service.</summary>
    /// <exception cref="ArgumentException">The service is there already.</exception>
    public void Add(ServiceMapping service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _mappings.Add(service.Name, service);
    }

    /// <summary>Removes a service.</summary>
    public void Remove(string name) => _mappings.Remove(name);

    /// <inheritdoc />
    public void Clear() => _mappings.Clear();

    /// <inheritdoc />
    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    internal bool TryGet(string name, [NotNullWhen(true)] out ServiceMapping? mapping) => _mappings.TryGetValue(name, out mapping);

    bool ICollection<ServiceMapping>.Contains(ServiceMapping item) => _mappings.ContainsValue(item);

    void ICollection<ServiceMapping>.CopyTo(ServiceMapping[] array, int arrayIndex) => _mappings.Values.CopyTo(array, arrayIndex);

    bool ICollection<ServiceMapping>.Remove(ServiceMapping item) => _mappings.Remove(item.Name);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
