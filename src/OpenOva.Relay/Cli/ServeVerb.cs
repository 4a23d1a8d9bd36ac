using System.CommandLine;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay serve</c></summary>
internal static class ServeVerb
{
    public static Command Create()
    {
        var arguments = new HostArguments();
        var roles = new Option<string?>("--roles")
        {
            Description = "broker: sessions and callers; jobs: reports, verification, retention. Default: both (Relay:Roles).",
            HelpName = "broker|jobs",
        };
        var command = new Command("serve", "Run the service until SIGTERM or Ctrl+C, applying pending migrations first.");
        arguments.AddTo(command);
        command.Options.Add(roles);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Roles = parsed.GetValue(roles) });
            await application.StartAsync(cancellation);
            application.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ServeVerb).FullName!)
                .Serving(string.Join(", ", application.Urls), application.Environment.EnvironmentName);
            await application.WaitForShutdownAsync(cancellation);
            return ExitCode.Done;
        });
        return command;
    }
}
