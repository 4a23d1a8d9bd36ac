namespace OpenOva.Relay.Telemetry;

internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>Section <c>Relay:Logging</c>. One line an event on standard output, times in UTC.</summary>
internal sealed class LoggingOptions
{
    public const string Section = "Relay:Logging";

    /// <summary><c>Json</c> for collectors, <c>Text</c> for people. Default Text.</summary>
    public LogFormat Format { get; set; } = LogFormat.Text;

    /// <summary>Least level that is written: Trace to None. Default Information.</summary>
    public LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary>Other levels by category prefix, such as <c>OpenOva.Relay.Database: Debug</c>. Default: Microsoft.AspNetCore and MassTransit at Warning.</summary>
    public IDictionary<string, LogLevel> Levels { get; } = new Dictionary<string, LogLevel>(StringComparer.OrdinalIgnoreCase);
}
