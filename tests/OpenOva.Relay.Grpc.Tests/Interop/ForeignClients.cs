using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OpenOva.Relay.Grpc.Tests.Interop;

/// <summary>How one case went with a client of another language.</summary>
internal sealed record ForeignResult(bool Ok, string? Error);

/// <summary>
/// Runs the programs under tests/foreign-clients, each once for a transport with all cases, since starting one costs more than its cases.
/// </summary>
public sealed class ForeignClients : IAsyncLifetime
{
    private static readonly TimeSpan s_runLimit = TimeSpan.FromMinutes(3);

    private readonly InteropServers _servers = new();
    private readonly ConcurrentDictionary<(string Client, string Transport), Lazy<Task<Dictionary<string, ForeignResult>>>> _runs = new();
    private readonly string _authority = Path.Combine(Path.GetTempPath(), $"grpc-interop-{Path.GetRandomFileName()}.pem");
    private Lazy<Task>? _nodePackages;

    private static string Folder { get; } = FindFolder();

    private static string Python => Environment.GetEnvironmentVariable("RELAY_TEST_PYTHON") is { Length: > 0 } set ? set : "/usr/bin/python3";

    public async ValueTask InitializeAsync()
    {
        await _servers.InitializeAsync();
        await File.WriteAllTextAsync(_authority, _servers.CertificatePem);
        _nodePackages = new Lazy<Task>(InstallNodePackagesAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _servers.DisposeAsync();
        File.Delete(_authority);
    }

    internal async Task<ForeignResult> RunNodeAsync(string name, string transport)
    {
        if (await TryRunAsync("node", "--version") is null) Assert.Skip("node-missing: node is not on the PATH.");
        await _nodePackages!.Value;
        return await ResultAsync("node", Path.Combine(Folder, "node", "interop.js"), name, transport);
    }

    internal async Task<ForeignResult> RunPythonAsync(string name, string transport)
    {
        if (await TryRunAsync(Python, "-c", "import grpc, google.protobuf") is not { Code: 0 })
            Assert.Skip($"python-grpcio-missing: {Python} has no grpcio and protobuf (Debian: python3-grpcio); RELAY_TEST_PYTHON names another.");
        return await ResultAsync(Python, Path.Combine(Folder, "python", "interop.py"), name, transport);
    }

    private async Task<ForeignResult> ResultAsync(string program, string script, string name, string transport)
    {
        var run = _runs.GetOrAdd((program, transport), _ => new Lazy<Task<Dictionary<string, ForeignResult>>>(() => RunCasesAsync(program, script, transport)));
        return (await run.Value).GetValueOrDefault(name) ?? new ForeignResult(false, "The client did not report this case.");
    }

    private async Task<Dictionary<string, ForeignResult>> RunCasesAsync(string program, string script, string transport)
    {
        var port = _servers.AddressOf(transport).Port.ToString(CultureInfo.InvariantCulture);
        string[] trust = transport == "tls" ? ["--ca", _authority] : [];
        var run = await TryRunAsync(program, [script, "--host", "localhost", "--port", port, .. trust]);
        var results = new Dictionary<string, ForeignResult>(StringComparer.Ordinal);
        foreach (var line in run?.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            using var result = JsonDocument.Parse(line);
            var error = result.RootElement.TryGetProperty("error", out var text) ? text.GetString() : null;
            results[result.RootElement.GetProperty("case").GetString()!] = new ForeignResult(result.RootElement.GetProperty("ok").GetBoolean(), error);
        }

        return results.Count > 0 ? results : throw new InvalidOperationException($"{program} reported no case: {run?.Errors}");
    }

    private static async Task InstallNodePackagesAsync()
    {
        var folder = Path.Combine(Folder, "node");
        if (Directory.Exists(Path.Combine(folder, "node_modules", "@grpc", "grpc-js"))) return;
        var install = await TryRunAsync("npm", "--prefix", folder, "ci", "--no-progress", "--no-audit", "--no-fund");
        if (install is not { Code: 0 }) Assert.Skip($"node-packages-missing: npm ci in {folder} did not succeed. {install?.Errors}");
    }

    /// <summary>Runs a program to its end; null if there is no such program.</summary>
    private static async Task<(int Code, string Output, string Errors)?> TryRunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using (process)
        using (var limit = new CancellationTokenSource(s_runLimit))
        {
            try
            {
                var output = process!.StandardOutput.ReadToEndAsync(limit.Token);
                var errors = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return (process.ExitCode, await output, await errors);
            }
            catch (OperationCanceledException)
            {
                process!.Kill(entireProcessTree: true);
                throw new TimeoutException($"{program} did not end within {s_runLimit}.");
            }
        }
    }

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OpenOva.Relay.sln"))) return Path.Combine(folder.FullName, "tests", "foreign-clients");
        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
