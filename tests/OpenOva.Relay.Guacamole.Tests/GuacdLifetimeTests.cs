using System.Buffers;
using OpenOva.Relay.Shared;
using static OpenOva.Relay.Guacamole.Tests.GuacdHandshakes;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>From ready to the farewell.</summary>
[Trait("Kind", "Fast")]
public sealed class GuacdLifetimeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task KeepAlive_AfterFiveSilentSeconds_SaysNop()
    {
        await using var guacd = FakeGuacd.Start();
        var clock = new ManualClock();
        await using var connection = await ConnectAsync(guacd, Ssh(), time: clock);
        var user = await guacd.NextUserAsync();
        using var stop = new CancellationTokenSource();
        var keeping = connection.KeepAliveAsync(stop.Token);

        await clock.WaitForTimerAsync(5 * Second);
        clock.Advance(3 * Second);
        await connection.AnswerSyncAsync(0, CancellationToken.None); // speaking at 3 s puts the nop off to 8 s
        clock.Advance(2 * Second);
        await clock.WaitForTimerAsync(3 * Second);
        clock.Advance(2 * Second);
        Assert.DoesNotContain(user.Received, instruction => instruction[0] == "nop");
        clock.Advance(Second);
        await user.WaitForAsync("nop");
        Assert.Equal(["sync", "nop"], user.Received.Select(instruction => instruction[0]));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping.WaitAsync(10 * Second));
    }

    [Fact]
    public async Task Sync_Answered_EchoesTheFirstArgumentOnly()
    {
        await using var guacd = FakeGuacd.Start(new() { Release = FakeGuacdRelease.Guacd160, Play = FakeGuacdPlay.Script(["sync", "4182011", "7"]) });
        await using var connection = await ConnectAsync(guacd, Ssh());
        var (_, timestamp) = await ReadUntilAsync(connection, "sync");
        await connection.AnswerSyncAsync(timestamp, CancellationToken.None);
        Assert.Equal(["sync", "4182011"], await (await guacd.NextUserAsync()).WaitForAsync("sync"));
    }

    [Fact]
    public async Task Required_Answered_IsAStreamForEachName()
    {
        await using var guacd = FakeGuacd.Start(new() { Play = FakeGuacdPlay.Script(["required", "username", "password"]) });
        await using var connection = await ConnectAsync(guacd, Ssh());
        var (names, _) = await ReadUntilAsync(connection, "required");
        Assert.Equal(["username", "password"], names);

        var key = string.Concat(Enumerable.Repeat("ключ", 2000));
        await connection.AnswerRequiredAsync(1, names[1], key, CancellationToken.None);
        var user = await guacd.NextUserAsync();
        await user.WaitForAsync("end", "1");
        var sent = user.Received;
        Assert.Equal(["argv", "1", "text/plain", "password"], sent[0]);
        Assert.Equal(3, sent.Count(instruction => instruction[0] == "blob"));
        byte[] bytes = [.. sent.Where(instruction => instruction[0] == "blob").SelectMany(blob => Convert.FromBase64String(blob[2]))];
        Assert.Equal(key, System.Text.Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public async Task Senders_AtOnce_DoNotMixTheirInstructions()
    {
        await using var guacd = FakeGuacd.Start();
        await using var connection = await ConnectAsync(guacd, Ssh());
        var user = await guacd.NextUserAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await connection.SendAsync("5.mouse,1.1,1.2,1.0;3.key,2.97,1.1;"u8.ToArray(), CancellationToken.None);
                await connection.AnswerRequiredAsync(sender, "password", "x", CancellationToken.None);
            }
        }))).WaitAsync(10 * Second);
        await connection.SendDisconnectAsync(CancellationToken.None);
        await user.WaitForAsync("disconnect");
        Assert.Equal(8 * 100 * 5 + 1, user.Received.Count); // a mixed one would have been malformed
    }

    [Fact]
    public async Task Close_OfAConnection_WaitsForGuacdsOwnDisconnect()
    {
        await using var guacd = FakeGuacd.Start(new() { Play = FakeGuacdPlay.Script(["sync", "1"], ["sync", "2"]) });
        await using var connection = await ConnectAsync(guacd, Ssh());
        var user = await guacd.NextUserAsync();
        Assert.Equal(GuacdFarewell.Answered, await connection.CloseAsync(CancellationToken.None).WaitAsync(10 * Second));
        await user.Ended.WaitAsync(10 * Second);
        Assert.Equal("disconnect", user.Received[^1][0]);
        Assert.Empty(guacd.Sessions);
    }

    [Fact]
    public async Task Close_UnansweredFor5Seconds_ClosesAnyway()
    {
        await using var guacd = FakeGuacd.Start(new() { AnswersDisconnect = false });
        var clock = new ManualClock();
        await using var connection = await ConnectAsync(guacd, Ssh(), time: clock);
        var user = await guacd.NextUserAsync();
        var closing = connection.CloseAsync(CancellationToken.None);
        await user.WaitForAsync("disconnect");
        clock.Advance(5 * Second);
        Assert.Equal(GuacdFarewell.TimedOut, await closing.WaitAsync(10 * Second));
        await user.Ended.WaitAsync(10 * Second);
    }

    [Fact]
    public async Task Close_OfABrokenOrBabblingConnection_SaysSo()
    {
        foreach (var play in new[] { FakeGuacdPlay.Hold.ThenClose(), FakeGuacdPlay.Garbage, FakeGuacdPlay.Oversized })
        {
            await using var guacd = FakeGuacd.Start(new() { Play = play, AnswersDisconnect = false });
            await using var connection = await ConnectAsync(guacd, Ssh());
            Assert.Equal(GuacdFarewell.Broken, await connection.CloseAsync(CancellationToken.None).WaitAsync(10 * Second));
        }
    }

    [Fact]
    public async Task Sending_OnABrokenLink_IsConnectionLost()
    {
        await using var guacd = FakeGuacd.Start();
        await using var connection = await ConnectAsync(guacd, Ssh());
        (await guacd.NextUserAsync()).Reset();
        var exception = await Assert.ThrowsAsync<GuacdException>(async () =>
        {
            for (var i = 0; i < 10_000; i++) // the first ones may still go into the kernel's buffer
                await connection.AnswerSyncAsync(i, CancellationToken.None);
        });
        Assert.Equal(GuacdFailure.ConnectionLost, exception.Failure);
    }

    [Fact]
    public async Task Sending_ToAGuacdThatDoesNotRead_WaitsAndCanBeGivenUp()
    {
        await using var guacd = FakeGuacd.Start(new() { StopsReading = true });
        await using var connection = await ConnectAsync(guacd, Ssh());
        using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var block = new byte[1 << 20];
        var sent = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(async () =>
        {
            for (; sent < 256; sent++)
                await connection.SendAsync(block, giveUp.Token);
        }).WaitAsync(10 * Second));
        Assert.InRange(sent, 0, 64); // what the kernel's buffers take, and no more
    }
}
