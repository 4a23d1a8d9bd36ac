using System.Diagnostics;
using System.Text.Json;

namespace OpenOva.Relay.Verify.Tests;

/// <summary>Runs a verifier as an auditor does.</summary>
internal sealed record VerifierProcess(int Exit, string Output, string Error)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static Task<VerifierProcess> RelayVerifyAsync(params string[] arguments) =>
        RunAsync(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "relay-verify.dll"), .. arguments]);

    public static async Task<VerifierProcess> RunAsync(string program, string[] arguments, string? input = null, TimeSpan? bound = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(bound ?? Bound);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
