using System.Text.Json;
using OpenOva.Relay.Cli;
using OpenOva.Relay.Tests.Connections;

namespace OpenOva.Relay.Tests.Host;

[Trait("Kind", "Fast")]
public sealed class RelayCommandLineTests : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("relay-cli-");
    private string _minimal = "";

    public async ValueTask InitializeAsync() => _minimal = await MinimalConfiguration.WriteAsync(_data.FullName);

    public ValueTask DisposeAsync()
    {
        _data.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("--help", "Exit codes")]
    [InlineData("serve --help", "--roles")]
    [InlineData("migrate --help", "--dry-run")]
    [InlineData("config check --help", "--json")]
    [InlineData("config resources --help", "FOLDER")]
    [InlineData("store check --help", "probes/")]
    [InlineData("store init --help", "--access-key-file")]
    public async Task Help_Asked_Helps(string line, string expected)
    {
        var (code, output, _) = await RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_Asked_IsPrinted()
    {
        var (code, output, _) = await RunAsync("--version");

        Assert.Equal(ExitCode.Done, code);
        Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+", output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("serve --nonsense")]
    [InlineData("config")]
    [InlineData("config resources")]
    [InlineData("config resources /nowhere")]
    [InlineData("store init")]
    public async Task Line_Wrong_IsUsage(string line)
    {
        var (code, _, error) = await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, code);
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task Migrate_FreshThenAgain_AppliesOnce()
    {
        var (_, pending, _) = await RunAsync("migrate", "--dry-run", "--config", _minimal, "--data", _data.FullName);
        var (code, applied, _) = await RunAsync("migrate", "--json", "--config", _minimal, "--data", _data.FullName);
        var (again, nothing, _) = await RunAsync("migrate", "--config", _minimal, "--data", _data.FullName);

        Assert.Contains("pending 0001_wiring", pending, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Done, ExitCode.Done), (code, again));
        using var document = JsonDocument.Parse(applied);
        Assert.Equal("wiring", document.RootElement.GetProperty("migrations")[0].GetProperty("name").GetString());
        Assert.Equal("Nothing is pending." + Environment.NewLine, nothing);
    }

    [Fact]
    public async Task ConfigCheck_BadFile_PrintsEveryFailureAndIsUsage()
    {
        var file = Path.Combine(_data.FullName, "relay.json");
        await File.WriteAllTextAsync(file, """{ "Relay": { "Web": { "HttpPort": -1, "Adress": "*" } } }""", TestContext.Current.CancellationToken);

        var (code, output, _) = await RunAsync("config", "check", "--json", "--config", _minimal, "--config", file);
        var (served, _, error) = await RunAsync("serve", "--config", _minimal, "--config", file, "--data", _data.FullName);

        Assert.Equal((ExitCode.Usage, ExitCode.Usage), (code, served));
        using var document = JsonDocument.Parse(output);
        Assert.False(document.RootElement.GetProperty("valid").GetBoolean());
        Assert.Contains("Relay:Web:Adress", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigCheck_Minimal_IsValid()
    {
        var (code, output, error) = await RunAsync("config", "check", "--config", _minimal);

        Assert.Equal((ExitCode.Done, "The configuration is valid." + Environment.NewLine, ""), (code, output, error));
    }

    [Fact]
    public async Task ConfigResources_FolderWithAFault_ListsWhatGuardsWhatAndTheFault()
    {
        var folder = _data.CreateSubdirectory("resources").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "a.yaml"), $"{ConnectionYaml.Ssh}---\n{PolicyYaml.Full.Replace("    matchLabels:\n      tier: gold\n", "", StringComparison.Ordinal)}", TestContext.Current.CancellationToken);
        string[] line = ["config", "resources", folder, "--config", _minimal];

        var (good, lines, _) = await RunAsync(line);
        await File.WriteAllTextAsync(Path.Combine(folder, "b.yaml"), PolicyYaml.Full.Replace("production", "staging", StringComparison.Ordinal).Replace("recording-required", "recording", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (bad, json, _) = await RunAsync([.. line, "--json"]);

        Assert.Equal((ExitCode.Done, ExitCode.Failed), (good, bad));
        Assert.Equal($"connection globex/core-db, guarded by production{Environment.NewLine}policy globex/production{Environment.NewLine}", lines);
        using var document = JsonDocument.Parse(json);
        Assert.False(document.RootElement.GetProperty("valid").GetBoolean());
        Assert.StartsWith("b.yaml:14:13: spec.rules[0].kind must be one of", document.RootElement.GetProperty("problems")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal("production", document.RootElement.GetProperty("resources")[0].GetProperty("policies")[0].GetString());
    }

    [Theory]
    [InlineData("nowhere.json")]
    [InlineData("broken.json")]
    public async Task Config_FileUnreadable_IsUsage(string name)
    {
        await File.WriteAllTextAsync(Path.Combine(_data.FullName, "broken.json"), "{", TestContext.Current.CancellationToken);

        var (code, _, error) = await RunAsync("serve", "--config", Path.Combine(_data.FullName, name));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(name, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_DatabaseUnusable_IsFailure()
    {
        Directory.CreateDirectory(Path.Combine(_data.FullName, "relay.db"));

        var (code, _, error) = await RunAsync("migrate", "--config", _minimal, "--data", _data.FullName);

        Assert.Equal(ExitCode.Failed, code);
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task MessagesDead_None_SaysSo()
    {
        await RunAsync("migrate", "--config", _minimal, "--data", _data.FullName);

        var (code, output, _) = await RunAsync("messages", "dead", "--config", _minimal, "--data", _data.FullName);
        var (retried, revived, _) = await RunAsync("messages", "retry", "--all", "--json", "--config", _minimal, "--data", _data.FullName);

        Assert.Equal((ExitCode.Done, ExitCode.Done), (code, retried));
        Assert.Equal("None." + Environment.NewLine, output);
        Assert.Equal("""{"revived":0}""" + Environment.NewLine, revived);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await RelayCommandLine.RunAsync(args, output, error, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));
        return (code, output.ToString(), error.ToString());
    }
}
