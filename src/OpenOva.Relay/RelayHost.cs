using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Ledger.Stamps;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Web;

namespace OpenOva.Relay;

/// <summary>What a start may set; null leaves it to the configuration.</summary>
internal sealed record RelayHostSettings
{
    /// <summary>JSON files in the shape of appsettings.json; a later one wins over an earlier one, the environment over all.</summary>
    public IReadOnlyList<string> ConfigurationFiles { get; init; } = [];

    /// <summary>Production, unless told. Development allows what production must not, such as the development issuer.</summary>
    public string Environment { get; init; } = Environments.Production;

    public string? Data { get; init; }

    public string? Roles { get; init; }

    /// <summary>Single keys, such as <c>Relay:Web:HttpPort</c>; they win over files and environment.</summary>
    public IReadOnlyDictionary<string, string?> Values { get; init; } = new Dictionary<string, string?>();

    /// <summary>Last word on the services, before the bus is built from the registered consumers.</summary>
    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>False leaves standard output alone.</summary>
    public bool Log { get; init; } = true;
}

/// <summary>Composes the one application that <c>relay serve</c>, the other verbs and the tests run.</summary>
internal static class RelayHost
{
    /// <exception cref="RelayConfigurationException">Everything that is wrong with the configuration.</exception>
    public static WebApplication Build(RelayHostSettings settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { EnvironmentName = settings.Environment, ContentRootPath = AppContext.BaseDirectory, ApplicationName = "relay" });
        Configure(builder.Configuration, settings);
        builder.WebHost.UseKestrel();

        var services = builder.Services;
        var data = builder.Configuration[DataDirectory.Key];
        services.AddSingleton(new DataDirectory(Path.GetFullPath(string.IsNullOrEmpty(data) ? DataDirectory.Default : data)));
        services.AddSingleton(TimeProvider.System);
        services.AddRelayTelemetry();
        services.AddRelayDatabase();
        services.AddRelayObjectStorage();
        services.AddMessagingOptions();
        services.AddRelayWeb();
        services.AddSlices();
        settings.Services?.Invoke(services);

        var (messaging, logging, ledger, roles) = Check(services, builder.Configuration);
        services.AddSingleton(new RelayRoleSet(roles));
        services.AddRelayMessaging(messaging, roles);
        services.AddLedgerExports(ledger).AddLedgerStamps(ledger);
        if (settings.Log) builder.Logging.AddRelayLogging(logging);

        var application = builder.Build();

        // Built now: a metric counted before the first scrape is counted too.
        application.Services.GetRequiredService<OpenTelemetry.Metrics.MeterProvider>();
        application.Services.GetRequiredService<RelayMetrics>().Declare();
        application.UseTrustedProxies();
        application.UseRouting();
        application.UseDoors();
        application.UseSlices();
        application.MapSlices();
        return application;
    }

    private static void Configure(ConfigurationManager configuration, RelayHostSettings settings)
    {
        foreach (var file in settings.ConfigurationFiles)
        {
            try
            {
                configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                throw new RelayConfigurationException([$"The configuration file {file} cannot be read: {exception.InnerException?.Message ?? exception.Message}"]);
            }
        }

        configuration.AddEnvironmentVariables();
        var values = new Dictionary<string, string?>(settings.Values);
        if (settings.Data is not null) values[DataDirectory.Key] = settings.Data;
        if (settings.Roles is not null) values[RelayConfiguration.RolesKey] = settings.Roles;
        configuration.AddInMemoryCollection(values);
    }

    /// <summary>Before anything is opened: a bad configuration must not create so much as a directory.</summary>
    private static (MessagingOptions Messaging, LoggingOptions Logging, LedgerOptions Ledger, RelayRoles Roles) Check(IServiceCollection services, ConfigurationManager configuration)
    {
        using var provider = services.BuildServiceProvider();
        var failures = RelayConfiguration.Failures(provider, configuration);
        var roles = RelayConfiguration.TryParseRoles(configuration[RelayConfiguration.RolesKey]) ?? RelayRoles.All;
        if (failures.Count == 0 && roles != RelayRoles.All)
        {
            if (provider.GetRequiredService<MessagingOptions>().InMemory)
                failures.Add("Relay:Bus:Url must be set when Relay:Roles splits the roles: an in-memory bus reaches one process only.");
            if (provider.GetRequiredService<DatabaseOptions>().Postgres.Length == 0)
                failures.Add("Relay:Database:Postgres must be set when Relay:Roles splits the roles: SQLite serves one process only.");
        }

        return failures.Count > 0
            ? throw new RelayConfigurationException(failures)
            : (provider.GetRequiredService<MessagingOptions>(), provider.GetRequiredService<LoggingOptions>(), provider.GetRequiredService<LedgerOptions>(), roles);
    }
}

/// <summary>The roles of this process, to be injected.</summary>
internal sealed record RelayRoleSet(RelayRoles Roles)
{
    public bool Has(RelayRoles role) => (Roles & role) != 0;
}
