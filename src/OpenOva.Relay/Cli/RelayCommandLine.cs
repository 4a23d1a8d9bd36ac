using System.CommandLine;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Cli;

/// <summary>The command line of <c>relay</c>. A verb is a file in this folder and one line here.</summary>
internal static class RelayCommandLine
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        var parsed = Root().Parse(args);
        try
        {
            var code = await parsed.InvokeAsync(invocation, cancellation);
            return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
        }
        catch (RelayConfigurationException invalid)
        {
            foreach (var failure in invalid.Failures) await error.WriteLineAsync(failure);
            return ExitCode.Usage;
        }
        catch (Exception failed) when (failed is MigrationException or DatabaseUnavailableException or ObjectStoreException or IOException)
        {
            await error.WriteLineAsync(failed.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand(
            """
            OpenOva Relay: browser access to machines that leaves evidence.

            Settings come from --config files, then the environment (Relay__Web__HttpPort=8080 sets Relay:Web:HttpPort), then options here.
            Exit codes: 0 done; 1 tried and failed; 2 the command line or the configuration is wrong, and nothing was tried.
            """);
        root.Subcommands.Add(ServeVerb.Create());
        root.Subcommands.Add(MigrateVerb.Create());
        root.Subcommands.Add(ConfigVerb.Create());
        root.Subcommands.Add(MessagesVerb.Create());
        root.Subcommands.Add(DecisionsVerb.Create());
        root.Subcommands.Add(KeysVerb.Create());
        root.Subcommands.Add(StoreVerb.Create());
        root.Subcommands.Add(LedgerVerb.Create());
        return root;
    }
}
