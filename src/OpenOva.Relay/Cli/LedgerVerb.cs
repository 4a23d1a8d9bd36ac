using System.CommandLine;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Exports;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay ledger export</c></summary>
internal static class LedgerVerb
{
    public static Command Create() => new("ledger", "Take an organisation's ledger out.") { Export() };

    private static Command Export()
    {
        var organisation = new Option<string>("--organisation") { Description = "Whose ledger.", HelpName = "NAME", Required = true };
        var to = new Option<FileInfo>("--out") { Description = "The file to write; it must not be there yet.", HelpName = "FILE", Required = true };
        var arguments = new HostArguments();
        var json = new JsonOutput();
        var command = new Command(
            "export",
            "Write every leaf up to the newest signed head into one file, with heads, stamps and key history, for relay-verify ledger. Changes nothing, and may run beside the service.");
        command.Options.Add(organisation);
        command.Options.Add(to);
        arguments.AddTo(command);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var folder = application.Services.GetRequiredService<DataDirectory>().At(application.Services.GetRequiredService<LedgerOptions>().Keys);
            var name = parsed.GetValue(organisation)!;
            if (await KeyHistoryFile.ReadAsync(folder, name, cancellation) is not { } keys) return await KeyHistoryFile.MissingAsync(parsed, name);
            var path = parsed.GetValue(to)!.FullName;
            if (File.Exists(path)) throw new IOException($"{path} is there already.");
            var leaves = await WriteAsync(path, stream => new LedgerFile(application.Services.GetRequiredService<RelayDatabase>()).WriteAsync(stream, keys, cancellation));
            if (leaves == 0)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"The ledger of {name} has no signed head yet: the service makes one within a minute of the first event.");
                return ExitCode.Failed;
            }

            await json.WriteAsync(
                parsed, new { organisation = name, leaves, bytes = new FileInfo(path).Length, fingerprint = keys.Fingerprint },
                [$"leaves       {leaves}", $"fingerprint  {keys.Fingerprint}"]);
            return ExitCode.Done;
        });
        return command;
    }

    // Under another name until it is whole: half an export would verify as an older one.
    private static async Task<long> WriteAsync(string path, Func<Stream, Task<long>> write)
    {
        var making = path + ".part";
        try
        {
            long leaves;
            await using (var file = new FileStream(making, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
            {
                leaves = await write(file);
                file.Flush(flushToDisk: true);
            }

            if (leaves > 0) File.Move(making, path);
            else File.Delete(making);
            return leaves;
        }
        catch (InvalidDataException damaged)
        {
            throw new IOException(damaged.Message, damaged);
        }
    }
}
