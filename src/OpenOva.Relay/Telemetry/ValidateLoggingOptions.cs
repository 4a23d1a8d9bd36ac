using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Telemetry;

internal sealed class ValidateLoggingOptions() : OptionsRules<LoggingOptions>(LoggingOptions.Section)
{
    protected override void Check(LoggingOptions options)
    {
        if (!Enum.IsDefined(options.Format)) Fail(nameof(options.Format), "must be Text or Json");
        if (!Enum.IsDefined(options.Level)) Fail(nameof(options.Level), "must be Trace, Debug, Information, Warning, Error, Critical or None");
        foreach (var (category, level) in options.Levels)
        {
            if (!Enum.IsDefined(level)) Fail($"{nameof(options.Levels)}:{category}", "must be a log level");
        }
    }
}
