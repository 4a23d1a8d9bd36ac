using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Telemetry;

/// <summary>Something without which this process must not be sent new work. Register with <c>services.AddSingleton&lt;IReadinessProbe, …&gt;()</c>.</summary>
internal interface IReadinessProbe
{
    /// <summary>Stands in the answer of /readyz.</summary>
    string Name { get; }

    /// <summary>
    /// False: /readyz neither asks nor tells it, and what it finds is an outage alone. For what the rest of the process does without: evidence is sealed, reported
    /// and handed out while it is away. Several probes may have one name, and are then one component.
    /// </summary>
    bool Decides => true;

    /// <summary>Makes a real request; throws when it cannot be used. Called with a bound of two seconds.</summary>
    Task CheckAsync(CancellationToken cancellation);
}

/// <summary>
/// Something that is told in the answer of /readyz and does not decide it: what every replica lacks alike must not take all of them away.
/// Register with <c>services.AddSingleton&lt;IReadinessDetail, …&gt;()</c>.
/// </summary>
internal interface IReadinessDetail
{
    /// <summary>Stands in the answer, which is public: no organisation, address or person.</summary>
    string Name { get; }

    bool IsWell { get; }
}

/// <summary>A directory that can be written to now: a full or read-only disk is found by writing, not by asking.</summary>
internal sealed class WritableDirectoryProbe(string name, string directory, TimeProvider time) : IReadinessProbe
{
    public string Name { get; } = name;

    public async Task CheckAsync(CancellationToken cancellation)
    {
        PrivateDirectory.Create(directory);
        var file = Path.Combine(directory, $".probe-{Guid.CreateVersion7(time.GetUtcNow()):N}");
        await using var probe = new FileStream(
            file,
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.DeleteOnClose });
        await probe.WriteAsync(new byte[4096], cancellation);
        probe.Flush(flushToDisk: true);
    }
}
