using System.CommandLine;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Cli;

/// <summary><c>relay migrate</c></summary>
internal static class MigrateVerb
{
    public static Command Create()
    {
        var arguments = new HostArguments();
        var dryRun = new Option<bool>("--dry-run") { Description = "List what is pending and change nothing." };
        var json = new JsonOutput();
        var command = new Command("migrate", "Bring the database's schema up to this build. Safe to run from several places at once.");
        arguments.AddTo(command);
        command.Options.Add(dryRun);
        json.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var application = RelayHost.Build(arguments.Settings(parsed) with { Log = false });
            var migrator = application.Services.GetRequiredService<DatabaseMigrator>();
            var applied = !parsed.GetValue(dryRun);
            var migrations = applied ? (await migrator.MigrateAsync(cancellation)).Applied : await migrator.PendingAsync(cancellation);
            await json.WriteAsync(
                parsed,
                new { applied, migrations = migrations.Select(migration => new { migration.Version, migration.Name }) },
                migrations.Count == 0
                    ? ["Nothing is pending."]
                    : migrations.Select(migration => $"{(applied ? "applied" : "pending")} {migration.Version:D4}_{migration.Name}"));
            return ExitCode.Done;
        });
        return command;
    }
}
