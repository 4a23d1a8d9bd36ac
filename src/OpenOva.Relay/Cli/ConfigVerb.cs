using System.CommandLine;
using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay config check</c></summary>
internal static class ConfigVerb
{
    public static Command Create()
    {
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var check = new Command("check", "Check the whole configuration without starting: every failure, each with its key. Exit code 2 when it is not valid.");
        arguments.AddTo(check);
        json.AddTo(check);
        check.SetAction(async (parsed, _) =>
        {
            var failures = await FailuresAsync(arguments.Settings(parsed));
            await json.WriteAsync(
                parsed, new { valid = failures.Count == 0, failures }, failures.Count == 0 ? ["The configuration is valid."] : failures);
            return failures.Count == 0 ? ExitCode.Done : ExitCode.Usage;
        });
        return new Command("config", "Look at the configuration.") { check, ResourcesVerb.Create() };
    }

    private static async Task<IReadOnlyList<string>> FailuresAsync(RelayHostSettings settings)
    {
        try
        {
            await using var application = RelayHost.Build(settings with { Log = false });
            return [];
        }
        catch (RelayConfigurationException invalid)
        {
            return invalid.Failures;
        }
    }
}
