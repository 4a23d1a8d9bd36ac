using System.Globalization;
using Npgsql;
using OpenOva.Relay.Cli;

namespace OpenOva.Relay.Integration.Replicas;

/// <summary>The real back ends, a fresh part of each for one test.</summary>
internal static class DeployedBackends
{
    private static int _number;

    /// <summary>An environment variable of <c>deploy/local/test</c>, or the test is skipped.</summary>
    public static string Or(string name, string key)
    {
        var value = Environment.GetEnvironmentVariable(name);
        Assert.SkipWhen(string.IsNullOrEmpty(value), $"{key}: {name} is not set");
        return value!;
    }

    /// <summary>A new database, new buckets with Object Lock, and a new prefix of queues.</summary>
    public static async Task<Dictionary<string, string?>> ValuesAsync(string postgres)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"t{Environment.ProcessId}-{Interlocked.Increment(ref _number)}");
        var values = S3(name);
        values["Relay:Database:Postgres"] = await DatabaseAsync(postgres, name);
        values["Relay:Bus:Url"] = Or("RELAY_TEST_RABBITMQ", "rabbitmq");
        values["Relay:Bus:User"] = Or("RELAY_TEST_RABBITMQ_USER", "rabbitmq");
        values["Relay:Bus:PasswordFile"] = Or("RELAY_TEST_RABBITMQ_PASSWORD_FILE", "rabbitmq");
        values["Relay:Bus:Prefix"] = name;
        await BucketsAsync(values);
        return values;
    }

    public static async Task<string> DatabaseAsync(string postgres, string name)
    {
        await using var server = new NpgsqlConnection(postgres);
        await server.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE \"{name}\"", server);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(postgres) { Database = name, MaxPoolSize = 20 }.ToString();
    }

    private static Dictionary<string, string?> S3(string name)
    {
        var identities = Or("RELAY_TEST_S3_IDENTITIES", "s3");
        var values = new Dictionary<string, string?>
        {
            ["Relay:ObjectStorage:S3:Endpoint"] = Or("RELAY_TEST_S3", "s3"),
            ["Relay:ObjectStorage:RecordingsBucket"] = $"{name}-recordings",
            ["Relay:ObjectStorage:CallsBucket"] = $"{name}-calls",
            ["Relay:ObjectStorage:EvidenceBucket"] = $"{name}-evidence",
        };
        foreach (var duty in (string[])["Writer", "Retention", "Hold", "Bypass"])
        {
            values[$"Relay:ObjectStorage:S3:{duty}:AccessKeyFile"] = Path.Combine(identities, duty.ToLowerInvariant(), "access-key");
            values[$"Relay:ObjectStorage:S3:{duty}:SecretKeyFile"] = Path.Combine(identities, duty.ToLowerInvariant(), "secret-key");
        }

        return values;
    }

    // As an operator does it once: relay store init.
    private static async Task BucketsAsync(Dictionary<string, string?> values)
    {
        var identities = Or("RELAY_TEST_S3_IDENTITIES", "s3");
        using var folder = new TemporaryFolder();
        var all = RelayUnderTest.Configuration(folder.Path, folder.Path, 1, new RelaySetup { Values = values });
        var config = folder.Write("relay.json", System.Text.Json.JsonSerializer.Serialize(all));
        string[] arguments =
        [
            "store", "init", "--config", config, "--environment", "Development", "--data", folder.Path,
            "--access-key-file", Path.Combine(identities, "admin", "access-key"), "--secret-key-file", Path.Combine(identities, "admin", "secret-key"),
        ];
        await using var output = new StringWriter();
        Assert.True(await RelayCommandLine.RunAsync(arguments, output, output, TestContext.Current.CancellationToken) == 0, output.ToString());
    }
}
