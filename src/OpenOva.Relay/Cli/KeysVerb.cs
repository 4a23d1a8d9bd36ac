using System.CommandLine;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay keys fingerprint|rotate</c></summary>
internal static class KeysVerb
{
    public static Command Create() => new("keys", "Look at and change the keys that sign an organisation's evidence.") { Fingerprint(), Rotate() };

    /// <summary>Reads the key history alone, so that it answers while the service runs, and on a copy of the folder.</summary>
    private static Command Fingerprint()
    {
        var organisation = Organisation();
        var data = new Option<string>("--data")
        {
            Description = "The service's data directory (Relay:Data).", HelpName = "DIR", DefaultValueFactory = _ => DataDirectory.Default,
        };
        var keys = new Option<string?>("--keys") { Description = "The folder of the keys (Relay:Ledger:Keys). Default: keys in the data directory.", HelpName = "DIR" };
        var json = new JsonOutput();
        var command = new Command(
            "fingerprint", "Print the root key's fingerprint, which auditors pass to relay-verify --trust. Give it to them on another way than the bundles.");
        command.Options.Add(organisation);
        command.Options.Add(data);
        command.Options.Add(keys);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var history = await KeyHistoryFile.ReadAsync(Path.GetFullPath(parsed.GetValue(keys) ?? "keys", Path.GetFullPath(parsed.GetValue(data)!)), parsed.GetValue(organisation)!, cancellation);
            if (history is null) return await KeyHistoryFile.MissingAsync(parsed, parsed.GetValue(organisation)!);
            await json.WriteAsync(
                parsed, new { organisation = history.Organisation, fingerprint = history.Fingerprint, version = history.Version }, [history.Fingerprint]);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Rotate()
    {
        var organisation = Organisation();
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var command = new Command(
            "rotate",
            "Make a new signing key; the fingerprint stays. Stop every replica first: one that runs would go on signing with the retired key, and nothing would accept it.");
        command.Options.Add(organisation);
        arguments.AddTo(command);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var folder = application.Services.GetRequiredService<DataDirectory>().At(application.Services.GetRequiredService<LedgerOptions>().Keys);
            if (await KeyHistoryFile.ReadAsync(folder, parsed.GetValue(organisation)!, cancellation) is null) return await KeyHistoryFile.MissingAsync(parsed, parsed.GetValue(organisation)!);
            if (await AnyReplicaAsync(application.Services.GetRequiredService<RelayDatabase>(), cancellation))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync("A replica holds its lease: stop every replica first. The lease of a killed one lapses within its length.");
                return ExitCode.Failed;
            }

            var ring = await application.Services.GetRequiredService<OrganisationKeys>().RotateAsync(parsed.GetValue(organisation)!, cancellation);
            var key = ring.Signing.PublicKey.Thumbprint;
            await json.WriteAsync(
                parsed, new { organisation = ring.History.Organisation, fingerprint = ring.History.Fingerprint, version = ring.History.Version, signing = key },
                [$"signing key  {key}", $"fingerprint  {ring.History.Fingerprint} (unchanged)"]);
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<string> Organisation() => new("--organisation") { Description = "Whose keys.", HelpName = "NAME", Required = true };

    private static async Task<bool> AnyReplicaAsync(RelayDatabase database, CancellationToken cancellation) =>
        await database.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM leases WHERE name LIKE 'replica/%' AND until_us > relay_now_us()", null, cancellation) > 0;
}
