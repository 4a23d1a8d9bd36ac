using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>Promise 1 on a disk that is really full: a small tmpfs under the spool.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class FullDiskTests
{
    private static readonly FakeGuacdPlay Frames = new(async (user, cancellation) =>
    {
        var picture = new string('A', 4_000);
        await user.SendAsync("size", "0", "800", "600");
        await user.SendAsync("sync", "1");
        for (var frame = 2; !cancellation.IsCancellationRequested; frame++)
        {
            await user.SendAsync("img", "1", "14", "0", "image/png", "0", "0");
            await user.SendAsync("blob", "1", picture);
            await user.SendAsync("end", "1");
            await user.SendAsync("sync", frame.ToString(CultureInfo.InvariantCulture));
            await Task.Delay(1, cancellation);
        }
    });

    [Fact(Timeout = 240_000)]
    public async Task Spool_OnAFullTmpfs_EndsTheSessionWithAClearErrorAndEverythingDeliveredIsRecorded()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "mount-not-allowed: mounting a tmpfs needs root");
        using var folder = new TemporaryFolder();
        var spool = Directory.CreateDirectory(Path.Combine(folder.Path, "data", "spool")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", spool);
        try
        {
            await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Frames });
            await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
            {
                Guacd = guacd.Endpoint,
                Folder = folder.Path,
                Values = new Dictionary<string, string?> { ["Relay:Recordings:MinimumFreeBytes"] = "0" },
            });
            await using var tunnel = await TunnelClient.OpenAsync(relay);
            await tunnel.Started;
            await tunnel.Finished;

            Assert.Equal(SessionEndReason.RecorderFailed, tunnel.Ended!.Reason);
            Assert.Contains("The session cannot be recorded.", Encoding.UTF8.GetString(tunnel.Received), StringComparison.Ordinal);
            await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
            var delivered = Streams.RecordedPart(tunnel.Received);
            Assert.True(delivered.Length > 1_000_000, $"only {delivered.Length} bytes were delivered");
            Assert.Equal(delivered, await relay.RawAsync(tunnel.Session));
            Assert.True((await relay.VerifyAsync(tunnel.Session)).Valid);
            await StaysFullAsync(relay, spool);
        }
        finally
        {
            await RunAsync("umount", spool);
        }
    }

    // An outage is a disk that stays full, until somebody gives it room: what the session took may be given back, so it is filled again.
    private static async Task StaysFullAsync(RelayUnderTest relay, string spool)
    {
        await Streams.UntilAsync(
            async () =>
            {
                await FillAsync(Path.Combine(spool, "ballast"));
                return (await LedgerLeaves.AllAsync(relay)).Any(l => l.Type == "outage.began" && l.Data.String("component") == "spool");
            },
            60);
        await RunAsync("mount", "-o", "remount,size=16m,mode=700", spool);
        await relay.OutageAsync("outage.ended", "spool");
    }

    private static async Task FillAsync(string ballast)
    {
        await using var file = new FileStream(ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (file.Position < 8 << 20) await file.WriteAsync(new byte[4096], TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // Full, which was to be reached.
        }
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
