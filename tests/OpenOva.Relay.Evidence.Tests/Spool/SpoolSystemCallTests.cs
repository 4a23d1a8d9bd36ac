using System.Diagnostics;
using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Evidence.Tests.Spool;

/// <summary>Which system calls stand behind the promises: seen with strace on this very process.</summary>
[Trait("Kind", "Real")]
public sealed class SpoolSystemCallTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("relay-spool-").FullName, "spool");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public async Task Log_Traced_WritesBeforeAppendReturnsAndCallsFdatasync()
    {
        if (!File.Exists("/usr/bin/strace")) Assert.Skip("strace-missing: the system calls cannot be seen");
        var trace = Path.Combine(Path.GetDirectoryName(_path)!, "trace");
        var start = new ProcessStartInfo("/usr/bin/strace", ["-f", "-qq", "-y", "-o", trace, "-e", "trace=pwrite64,write,fdatasync,fsync", "-p", $"{Environment.ProcessId}"]) { RedirectStandardError = true };
        using var strace = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Bound);
        try
        {
            // A write of this process that shows in the trace says that strace has attached.
            while (!File.Exists(trace) || !(await File.ReadAllTextAsync(trace, limit.Token)).Contains("attached-marker", StringComparison.Ordinal))
            {
                if (strace.HasExited) Assert.Skip($"strace-missing: {await strace.StandardError.ReadToEndAsync(limit.Token)}");
                await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(_path)!, "attached-marker"), "attached-marker", limit.Token);
            }

            using (var log = new SpoolLog(new DirectorySpoolFolder(_path), TimeProvider.System))
            {
                log.Append(SpoolFrames.Of(SpoolFrames.A, 0, "seen by strace"));
                await log.SyncAsync(limit.Token);
            }

            await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(_path)!, "end-marker"), "end-marker", limit.Token);
            while (!(await File.ReadAllTextAsync(trace, limit.Token)).Contains("end-marker", StringComparison.Ordinal)) await Task.Delay(20, limit.Token);
        }
        finally
        {
            if (!strace.HasExited) strace.Kill();
            await strace.WaitForExitAsync(limit.Token);
        }

        var calls = (await File.ReadAllLinesAsync(trace, limit.Token)).ToList();
        var directory = calls.FindIndex(l => l.Contains("fsync(", StringComparison.Ordinal) && l.Contains("/spool>", StringComparison.Ordinal));
        var write = calls.FindIndex(l => l.Contains("pwrite64(", StringComparison.Ordinal) && l.Contains(".spool>", StringComparison.Ordinal) && l.Contains("RSP1", StringComparison.Ordinal));
        var sync = calls.FindIndex(l => l.Contains("fdatasync(", StringComparison.Ordinal) && l.Contains(".spool>", StringComparison.Ordinal));
        Assert.True(directory >= 0 && directory < write && write < sync, string.Join('\n', calls));
    }
}
