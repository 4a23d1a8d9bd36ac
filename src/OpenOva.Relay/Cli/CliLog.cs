namespace OpenOva.Relay.Cli;

internal static partial class CliLog
{
    [LoggerMessage(100, LogLevel.Information, "Serving at {Urls}, environment {Environment}", EventName = "Serving")]
    public static partial void Serving(this ILogger logger, string urls, string environment);
}
