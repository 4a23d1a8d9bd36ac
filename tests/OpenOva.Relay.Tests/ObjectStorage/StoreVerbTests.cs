using System.Text.Json;
using System.Text.Json.Nodes;
using OpenOva.Relay.Cli;
using OpenOva.Relay.ObjectStorage.S3;
using OpenOva.Relay.Tests.Host;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary><c>relay store</c> against a real endpoint.</summary>
[Collection("alone on the store")]
[Trait("Kind", "Real")]
public sealed class StoreVerbTests : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("relay-store-");
    private readonly string _bucket = $"t{Guid.NewGuid():N}"[..20];
    private string _minimal = "";

    public async ValueTask InitializeAsync() => _minimal = await MinimalConfiguration.WriteAsync(_data.FullName);

    public ValueTask DisposeAsync()
    {
        _data.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Init_ThenCheck_HoldsAndASecondInitChangesNothing()
    {
        var config = await ConfigureAsync(S3Lab.Endpoint);
        var admin = S3Lab.Files("admin");
        string[] init = ["store", "init", "--access-key-file", admin.AccessKeyFile, "--secret-key-file", admin.SecretKeyFile];

        var (before, _, _) = await RunAsync(["store", "check"], config);
        var (made, first, error) = await RunAsync(init, config);
        var (again, second, _) = await RunAsync([.. init, "--json"], config);
        var (held, report, _) = await RunAsync(["store", "check", "--json"], config);

        Assert.Equal((ExitCode.Failed, ExitCode.Done, ExitCode.Done, ExitCode.Done, ""), (before, made, again, held, error));
        Assert.Contains($"{_bucket} bucket: created with object lock", first, StringComparison.Ordinal);
        Assert.All(JsonNode.Parse(second)!["steps"]!.AsArray(),
            step => Assert.Contains((string?)step!["done"], (string[])["was there", "is on", "is on, no default retention", "is set"]));
        using var document = JsonDocument.Parse(report);
        Assert.True(document.RootElement.GetProperty("sufficient").GetBoolean());
        Assert.Contains(document.RootElement.GetProperty("findings").EnumerateArray(), finding =>
            finding.GetProperty("check").GetString() == "lock-compliance" && finding.GetProperty("outcome").GetString() == "Holds");
    }

    [Fact]
    public async Task Check_NobodyThere_IsUnreachable()
    {
        var config = await ConfigureAsync("http://127.0.0.1:1", S3Lab.Options());

        var (code, _, error) = await RunAsync(["store", "check"], config);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("127.0.0.1:1", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_WrongKeys_FailsAndTellsNoKey()
    {
        var config = await ConfigureAsync(S3Lab.Endpoint);
        var wrong = Path.Combine(_data.FullName, "wrong");
        await File.WriteAllTextAsync(wrong, "hunter2hunter2", TestContext.Current.CancellationToken);

        var (code, output, error) = await RunAsync(["store", "init", "--access-key-file", wrong, "--secret-key-file", wrong], config);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("administrator's keys", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output + error, StringComparison.Ordinal);
    }

    private async Task<string> ConfigureAsync(string endpoint, S3Options? options = null)
    {
        options ??= S3Lab.Options();
        var s3 = new JsonObject { ["Endpoint"] = endpoint, ["MaxAttempts"] = 1 };
        foreach (var duty in Enum.GetValues<S3Duty>())
            s3[duty.ToString()] = new JsonObject { ["AccessKeyFile"] = options.IdentityOf(duty).AccessKeyFile,
                ["SecretKeyFile"] = options.IdentityOf(duty).SecretKeyFile };
        var file = Path.Combine(_data.FullName, "store.json");
        var storage = new JsonObject { ["RecordingsBucket"] = _bucket, ["CallsBucket"] = _bucket + "-c", ["EvidenceBucket"] = _bucket + "-e", ["S3"] = s3 };
        await File.WriteAllTextAsync(file, new JsonObject { ["Relay"] = new JsonObject { ["ObjectStorage"] = storage } }.ToJsonString(),
            TestContext.Current.CancellationToken);
        return file;
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string[] args, string config)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        string[] all = [.. args, "--config", _minimal, "--config", config, "--data", _data.FullName];
        var code = await RelayCommandLine.RunAsync(all, output, error, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));
        return (code, output.ToString(), error.ToString());
    }
}

/// <summary>A store that others keep busy answers a check too late, which the verb reports as it should.</summary>
[CollectionDefinition("alone on the store", DisableParallelization = true)]
public sealed class AloneOnTheStore;
