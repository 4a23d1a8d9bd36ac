using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Tests.Database;

[Trait("Kind", "Real")]
public sealed class DatabaseStartTests() : DatabaseTests(TestDatabaseKind.Postgres)
{
    [Theory]
    [InlineData("on", false)]
    [InlineData("off", true)]
    public async Task Start_SaysWhatACrashOfTheDatabaseWouldTake(string setting, bool warned)
    {
        var options = new DatabaseOptions
        {
            Postgres = new NpgsqlConnectionStringBuilder(Options.Postgres) { Options = $"-c synchronous_commit={setting}" }.ToString(),
        };
        await using var database = new RelayDatabase(options, "", Time);
        var said = new LoggedLines<DatabaseStart>();

        await new DatabaseStart(database, new DatabaseMigrator(database, NullLogger<DatabaseMigrator>.Instance), options, Time, said).StartingAsync(Cancellation);

        Assert.Equal(warned, said.Lines.Any(line => line.Contains("synchronous_commit=off", StringComparison.Ordinal)));
    }
}
