using System.Reflection;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay;

/// <summary>
/// A replica's starts and stops, and each outage of what it depends on, enter the ledger of every organisation (compliance test T16): an outage when it begins
/// and when it is over. What cannot be written down because the database is away waits, with the times at which it happened.
/// </summary>
internal sealed class ServiceToLedger(
    Readiness readiness, RelayDatabase database, LedgerStage ledger, LiveSessions live, LedgerOrganisations organisations, ReplicaName replica,
    RepeatedWork work, TimeProvider time, ILogger<ServiceToLedger> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private static readonly string Version = typeof(ServiceToLedger).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
    private readonly Outages _outages = new();
    private readonly ServiceEvents _events = new(database, ledger, organisations.All);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Add(LedgerEventTypes.ServiceStopped, new JsonObject { ["replica"] = replica.Name, ["stopped_us"] = time.GetUnixMicroseconds() });
        try
        {
            await TryWriteAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The time for stopping is over: that the replica is gone is seen by its lease.
        }
        catch (Exception exception)
        {
            logger.StopNotNoted(exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Add(LedgerEventTypes.ServiceStarted, new JsonObject { ["replica"] = replica.Name, ["version"] = Version, ["started_us"] = time.GetUnixMicroseconds() });
        await work.RunAsync("service-events", Period, LookAsync, stoppingToken);
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var outage in _outages.Observe(await readiness.CheckAllAsync(cancellation), time.GetUnixMicroseconds()))
        {
            if (outage.UntilUs is null) logger.OutageBegan(outage.Component);
            else logger.OutageEnded(outage.Component, (outage.UntilUs.Value - outage.FromUs) / 1_000_000);
            Add(outage.UntilUs is null ? LedgerEventTypes.OutageBegan : LedgerEventTypes.OutageEnded, Data(outage), withSessions: true);
        }

        await TryWriteAsync(cancellation);
    }

    private JsonObject Data(Outage outage)
    {
        var data = new JsonObject { ["replica"] = replica.Name, ["component"] = outage.Component, ["from_us"] = outage.FromUs };
        if (outage.UntilUs is { } until) data["until_us"] = until;
        return data;
    }

    private void Add(string type, JsonObject data, bool withSessions = false)
    {
        if (!_events.Add(new ServiceEvent(type, data, withSessions ? live.CountByOrganisation() : null))) logger.OutageNotKept(type);
    }

    private async Task TryWriteAsync(CancellationToken cancellation)
    {
        try
        {
            await _events.WriteAsync(cancellation);
        }
        catch (DatabaseUnavailableException)
        {
            // The database's own outage is among what waits.
        }
    }
}

internal static partial class ServiceLog
{
    [LoggerMessage(EventId = 3000, Level = LogLevel.Error, Message = "{Component} does not work; noted as an outage")]
    public static partial void OutageBegan(this ILogger logger, string component);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "{Component} works again after {Seconds} s")]
    public static partial void OutageEnded(this ILogger logger, string component, long seconds);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Error, Message = "Too much waits for the ledger: a {Type} is told here alone")]
    public static partial void OutageNotKept(this ILogger logger, string type);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Error, Message = "The service's stop could not be ledgered; the lapse of its lease shows it")]
    public static partial void StopNotNoted(this ILogger logger, Exception exception);
}
