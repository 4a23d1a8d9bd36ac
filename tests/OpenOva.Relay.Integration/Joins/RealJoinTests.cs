using System.Diagnostics;
using System.Globalization;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Joins;

/// <summary>Watching with the real guacd, whose habits it depends on.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class RealJoinTests
{
    // Of their commit; the promise is a second, on a machine that does nothing else.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact(Timeout = 120_000)]
    public async Task Watcher_OfARealSession_SeesWhatIsTypedUntilThePersonLeavesAndNothingStaysBehind()
    {
        var lab = RealLab.OrSkip();
        var before = GuacdProcesses(lab.Guacd.Port);
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(), Values = lab.Values() });
        await using var owner = await TunnelClient.OpenAsync(relay);
        await owner.Started;
        await Streams.UntilAsync(() => owner.ReceivedBytes > 5_000);
        await using var watcher = await WatcherClient.JoinAsync(relay, owner.Session);
        await watcher.Started;
        await Streams.UntilAsync(() => owner.Notices.Any(n => n.Kind == TunnelNoticeKind.Watched));
        await Streams.UntilAsync(() => watcher.Received.Length > 2_000);
        // Those of other sessions may be ending meanwhile.
        var own = Assert.Single(GuacdProcesses(lab.Guacd.Port).Except(before));

        await owner.TypeAsync("seq 1000 1010\n");
        await Streams.UntilAsync(() => LastFrame(owner.Received).Length > 500 && watcher.Received.AsSpan().IndexOf(LastFrame(owner.Received)) >= 0, 40);
        await owner.LeaveAsync();
        await owner.Finished;
        await watcher.Finished;

        Assert.Equal(JoinEndReason.SessionEnded, watcher.Ended!.Reason);
        await Streams.UntilAsync(() => !GuacdProcesses(lab.Guacd.Port).Contains(own));
        await relay.WaitForAsync(owner.Session, SessionState.Verified);
        Assert.True((await relay.VerifyAsync(owner.Session)).Valid);
    }

    [Fact(Timeout = 120_000)]
    public async Task Watcher_OfARealSession_HoldsUpNeitherItsLockNorItsEnd()
    {
        var lab = RealLab.OrSkip();
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(), Values = lab.Values() });
        await using var owner = await TunnelClient.OpenAsync(relay);
        await owner.Started;
        await owner.TypeAsync(RealLab.KeepsDrawing);
        await using var watcher = await WatcherClient.JoinAsync(relay, owner.Session);
        await using var silent = await WatcherClient.JoinAsync(relay, owner.Session, "albert", reads: false);
        await watcher.Started;
        var sofia = await relay.AsAsync("sofia");

        var clock = Stopwatch.StartNew();
        await relay.Sessions.LockAsync(new() { SessionId = owner.Session, Locked = true, Purpose = "a test" }, sofia);
        await Streams.UntilAsync(() => owner.Notices.Any(n => n.Kind == TunnelNoticeKind.Locked));
        var locked = clock.Elapsed;
        clock.Restart();
        await relay.Sessions.TerminateAsync(new() { SessionId = owner.Session, Purpose = "a test" }, sofia);
        await Task.WhenAll(owner.Finished, watcher.Finished);
        var ended = clock.Elapsed;

        TestContext.Current.TestOutputHelper?.WriteLine($"locked after {locked.TotalMilliseconds:0} ms, ended after {ended.TotalMilliseconds:0} ms");
        Assert.True(locked < Soon && ended < Soon, $"locked after {locked}, ended after {ended}");
        Assert.Equal((SessionEndReason.Terminated, JoinEndReason.SessionEnded), (owner.Ended!.Reason, watcher.Ended!.Reason));
        await relay.WaitForAsync(owner.Session, SessionState.Verified);
    }

    [Fact(Timeout = 180_000)]
    public async Task Watcher_WhoReadsNothingOfARealSession_IsDroppedWhileItGoesOn()
    {
        var lab = RealLab.OrSkip();
        var values = lab.Values();
        values["Relay:Sessions:ReaderQueueBytes"] = $"{256 << 10}";
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(), Values = values });
        await using var owner = await TunnelClient.OpenAsync(relay);
        await owner.Started;
        await using var silent = await WatcherClient.JoinAsync(relay, owner.Session, reads: false);
        await DrawAsync(owner);

        await Streams.UntilAsync(
            async () => (await LedgerLeaves.OfSessionAsync(relay, owner.Session)).Any(l => l.Type == "session.join-ended" && l.Data.String("reason") == "READER_TOO_SLOW"), 120);
        var seen = owner.ReceivedBytes;
        await Streams.UntilAsync(() => owner.ReceivedBytes > seen + 50_000, 60);
        Assert.Null(owner.Ended);
        await owner.LeaveAsync();
        await owner.Finished;
    }

    // On a busy machine the picture may be so late that what is typed is dropped: then it is given up and typed again.
    private static async Task DrawAsync(TunnelClient owner)
    {
        for (var attempt = 1; ; attempt++)
        {
            var seen = owner.ReceivedBytes;
            await owner.TypeAsync(RealLab.KeepsDrawing.Replace("0.4", "0.1", StringComparison.Ordinal));
            try
            {
                await Streams.UntilAsync(() => owner.ReceivedBytes > seen + 60_000);
                return;
            }
            catch (OperationCanceledException) when (attempt < 4)
            {
                await owner.SendAsync("3.key,5.65507,1.1;3.key,2.99,1.1;3.key,2.99,1.0;3.key,5.65507,1.0;");
            }
        }
    }

    // What was drawn between the last two syncs.
    private static byte[] LastFrame(byte[] received)
    {
        var end = received.AsSpan().LastIndexOf("4.sync,"u8);
        var begin = end < 0 ? -1 : received.AsSpan(0, end).LastIndexOf("4.sync,"u8);
        if (begin < 0) return [];
        begin += received.AsSpan(begin).IndexOf((byte)';') + 1;
        return Streams.RecordedPart(received[begin..end]);
    }

    // The children of the guacd that listens there: one for each connection.
    private static List<string> GuacdProcesses(int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var inode = File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Single(fields => fields[1].EndsWith(suffix, StringComparison.Ordinal) && fields[3] == "0A")[9];
        var all = Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])).ToList();
        var listening = all.Where(folder => Read(folder, Listens)).Select(Path.GetFileName).ToHashSet();
        return [.. all.Where(folder => Read(folder, process => listening.Contains(File.ReadAllText(Path.Combine(process, "stat")).Split(") ")[^1].Split(' ')[1])))];

        bool Listens(string process) => Directory.EnumerateFiles(Path.Combine(process, "fd")).Any(fd => File.ResolveLinkTarget(fd, false)?.Name == $"socket:[{inode}]");
    }

    private static bool Read(string process, Func<string, bool> question)
    {
        try
        {
            return question(process);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return false;
        }
    }
}
