using System.Diagnostics;
using System.Text.Json.Nodes;

namespace OpenOva.Relay.Browser;

/// <summary>Runs the scripts of node/ and reads the lines of JSON that they say.</summary>
internal static class BrowserScripts
{
    private static readonly string Folder = Find(Path.Combine("tests", "OpenOva.Relay.Browser", "node"));
    private static readonly Lazy<Task> Packages = new(InstallAsync);

    /// <summary>Skips the test where no browser is told of.</summary>
    public static void OrSkip() => Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("RELAY_TEST_CHROMIUM")), "chromium: RELAY_TEST_CHROMIUM is not set");

    /// <summary>The script's lines; it must end with 0 and complain of nothing.</summary>
    /// <param name="said">Is given each line as it comes.</param>
    public static async Task<IReadOnlyList<JsonObject>> RunAsync(string script, JsonObject argument, Func<JsonObject, Task>? said = null)
    {
        await Packages.Value;
        var start = new ProcessStartInfo("node", [Path.Combine(Folder, script), argument.ToJsonString()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        // A read of its output ends with it and not before: a test whose time is over would leave script and browser behind.
        using var over = TestContext.Current.CancellationToken.Register(() => process.Kill(entireProcessTree: true));
        var lines = new List<JsonObject>();
        try
        {
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(line);
                lines.Add(JsonNode.Parse(line)!.AsObject());
                if (said is not null) await said(lines[^1]);
            }

            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}: {lines.LastOrDefault()?.ToJsonString()} {await errors}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        Assert.Empty(lines.SelectMany(line => line["complaints"]?.AsArray().Select(complaint => complaint!.GetValue<string>()) ?? []));
        return lines;
    }

    private static async Task InstallAsync()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "playwright-core"))) return;
        using var npm = Process.Start(new ProcessStartInfo("npm", ["--prefix", Folder, "ci", "--no-progress"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
        await npm.WaitForExitAsync();
        Assert.True(npm.ExitCode == 0, $"npm ci in {Folder}: {await output} {await errors}");
    }

    private static string Find(string relative)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !Directory.Exists(Path.Combine(at.FullName, relative))) at = at.Parent;
        return Path.Combine(at?.FullName ?? throw new InvalidOperationException($"{relative} is above no directory of the tests."), relative);
    }
}
