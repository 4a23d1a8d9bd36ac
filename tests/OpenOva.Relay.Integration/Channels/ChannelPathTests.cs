using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Integration.Targets;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Channels;

/// <summary>What crosses besides screen, keyboard and pointer, through the whole service: guacd and browser both do what they should not.</summary>
[Trait("Kind", "Real")]
public sealed class ChannelPathTests(ChannelWorld world) : IClassFixture<ChannelWorld>
{
    private const string Content = "account;balance\n";
    private static readonly string Blob = Convert.ToBase64String(Encoding.UTF8.GetBytes(Content));
    private static readonly string Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Content)));

    [Fact]
    public async Task Person_OnOpenChannels_IsForwardedAndNoted()
    {
        var left = await world.VisitAsync("ssh", async (tunnel, user) =>
        {
            await tunnel.SendAsync(Instructions("clipboard,0,text/plain", $"blob,0,{Blob}", "end,0", "file,1,text/csv,balances.csv", $"blob,1,{Blob}", "end,1"));
            await user.WaitForAsync("end", "1");
            await tunnel.SendAsync(Instructions("file,2,text/csv,half.csv", $"blob,2,{Blob}"));
            await user.WaitForAsync("blob", "2");
        });

        Assert.Contains(left.User.Received, i => i is ["file", "1", "text/csv", "balances.csv"]);
        Assert.Equal("true", left.User.Parameters["enable-sftp"]);
        Assert.Equal(("", ""), (left.User.Parameters["disable-copy"], left.User.Parameters["disable-paste"]));
        var transfers = Transfers(left);
        Assert.Equal([("clipboard", "complete"), ("file", "complete"), ("file", "aborted")], transfers.Select(leaf => (leaf.Data.String("kind"), leaf.Data.String("outcome"))));
        Assert.All(transfers, leaf => Assert.Equal(("in", (long)Content.Length, 1L), (leaf.Data.String("direction"), leaf.Data.Count("size"), leaf.Data.Count("count"))));
        Assert.Equal(Sha256, transfers[1].Data.String("sha256"));
        Assert.False(transfers[0].Data.Has("sha256"));
        Assert.DoesNotContain("balances", string.Concat(left.Leaves.Select(leaf => leaf.Data.ToString())), StringComparison.Ordinal);
        // Who may read the session reads what its channels carried.
        var told = await world.Relay.Sessions.GetAsync(new() { SessionId = left.Session }, await world.Relay.AsAsync("anton"));
        Assert.Equal(
            [(TransferKind.Clipboard, "", Sha256), (TransferKind.File, "balances.csv", Sha256), (TransferKind.File, "half.csv", Sha256)],
            told.Transfers.Select(transfer => (transfer.Kind, transfer.Name, transfer.Sha256)));
        Assert.False(told.MoreTransfers);
    }

    [Fact]
    public async Task Guacd_OnOpenChannels_IsShownAndNotedAndNotRecorded()
    {
        var left = await world.VisitAsync("ssh", async (tunnel, user) =>
        {
            foreach (var instruction in (string[][])[["filesystem", "0", "/"], ["clipboard", "2", "text/plain"], ["blob", "2", Blob], ["end", "2"], ["file", "4", "text/csv", "balances.csv"], ["blob", "4", Blob], ["end", "4"]])
                await user.SendAsync(instruction);
            await Streams.UntilAsync(() => Text(tunnel.Received).Contains("3.end,1.4;", StringComparison.Ordinal));
        });

        Assert.Contains("4.file,1.4,8.text/csv,12.balances.csv;", Text(left.Shown), StringComparison.Ordinal);
        Assert.Contains("10.filesystem,", Text(left.Shown), StringComparison.Ordinal);
        Assert.DoesNotContain(Blob, Text(left.Recorded), StringComparison.Ordinal);
        Assert.Equal([("clipboard", "out", "complete"), ("file", "out", "complete")], Transfers(left).Select(Key));
    }

    [Fact]
    public async Task Person_OnClosedChannels_IsRefusedAndGuacdSeesNothing()
    {
        string[] openings = ["clipboard,0,text/plain", "file,1,text/csv,balances.csv", "put,0,2,text/csv,/balances.csv", "audio,3,audio/L16", "pipe,4,text/plain,STDIN"];
        var left = await world.VisitAsync("telnet", async (tunnel, user) =>
        {
            await tunnel.SendAsync(Instructions([.. openings.SelectMany((opening, i) => (string[])[opening, $"blob,{i},{Blob}", $"end,{i}"]), "get,0,/etc/passwd"]));
            await tunnel.SendAsync(Instructions("key,97,1"));
            await user.WaitForAsync("key", "97");
            await Streams.UntilAsync(() => Text(tunnel.Received).Contains("3.ack,1.4,", StringComparison.Ordinal));
        });

        Assert.DoesNotContain(left.User.Received, i => i[0] is "clipboard" or "file" or "put" or "get" or "audio" or "pipe" or "blob" or "end");
        Assert.Equal(("true", "true"), (left.User.Parameters["disable-copy"], left.User.Parameters["disable-paste"]));
        for (var stream = 0; stream < openings.Length; stream++) Assert.Matches($"3\\.ack,1\\.{stream},[^;]*,3\\.771;", Text(left.Shown));
        Assert.Equal(
            [("clipboard", "in", "refused"), ("file", "in", "refused"), ("file", "in", "refused"), ("audio", "in", "refused"), ("pipe", "in", "refused"), ("file", "out", "refused")],
            Transfers(left).Select(Key));
        Assert.All(Transfers(left), leaf => Assert.Equal((771L, 0L), (leaf.Data.Count("status"), leaf.Data.Count("size"))));
    }

    [Fact]
    public async Task Guacd_OnClosedChannels_ShowsNothingAndIsTold()
    {
        var left = await world.VisitAsync("telnet", async (tunnel, user) =>
        {
            foreach (var instruction in (string[][])
            [
                ["filesystem", "0", "/"], ["clipboard", "2", "text/plain"], ["blob", "2", Blob], ["end", "2"], ["file", "4", "text/csv", "balances.csv"], ["blob", "4", Blob], ["end", "4"],
                ["body", "0", "6", "text/csv", "balances.csv"], ["blob", "6", Blob], ["pipe", "8", "text/csv", "STDOUT"], ["blob", "8", Blob], ["audio", "10", "audio/L16"], ["blob", "10", "c291bmQ="],
                ["sync", "8"],
            ]) await user.SendAsync(instruction);
            foreach (var stream in (string[])["4", "6", "8"]) await user.WaitForAsync(i => i is ["ack", var index, _, "771"] && index == stream);
            await Streams.UntilAsync(() => Text(tunnel.Received).Contains("4.sync,1.8;", StringComparison.Ordinal));
        });

        var shown = Text(left.Shown);
        foreach (var opcode in (string[])["filesystem", "clipboard", "file", "body", "pipe", "audio", "blob"]) Assert.DoesNotContain($".{opcode},", shown, StringComparison.Ordinal);
        // What the target said is recorded as ever.
        Assert.Contains("5.audio,2.10,", Text(left.Recorded), StringComparison.Ordinal);
        Assert.Equal(
            [("clipboard", "out", "refused"), ("file", "out", "refused"), ("file", "out", "refused"), ("pipe", "out", "refused"), ("audio", "out", "refused")],
            Transfers(left).Select(Key));
    }

    [Fact]
    public async Task Guacd_OnRdp_PrintJobsAreToldFromFiles()
    {
        var left = await world.VisitAsync("rdp", async (tunnel, user) =>
        {
            foreach (var instruction in (string[][])[["file", "2", "application/pdf", "letter.pdf"], ["blob", "2", Blob], ["file", "4", "application/octet-stream", "letter.pdf"], ["blob", "4", Blob], ["end", "4"]])
                await user.SendAsync(instruction);
            await user.WaitForAsync(i => i is ["ack", "2", _, "771"]);
            await Streams.UntilAsync(() => Text(tunnel.Received).Contains("3.end,1.4;", StringComparison.Ordinal));
        });

        Assert.DoesNotContain(",1.2,", Text(left.Shown), StringComparison.Ordinal);
        Assert.Equal([("print", "out", "refused"), ("file", "out", "complete")], Transfers(left).Select(Key));
        Assert.Equal(("", "true"), (left.User.Parameters["enable-printing"], left.User.Parameters["disable-upload"]));
    }

    [Theory]
    [InlineData("9.clipboard,1.x,10.text/plain;")]
    [InlineData("4.file,4.5000,10.text/plain,1.a;")]
    [InlineData("9.clipboard,1.0,10.text/plain;4.blob,1.0,3.x==;")]
    public async Task Person_WhoBreaksAStream_EndsHisSessionAlone(string instructions)
    {
        world.Guacd.Options = new FakeGuacdOptions { Play = ParameterWorld.Picture };
        await using var other = await TunnelClient.OpenAsync(world.Relay, connection: "ssh");
        var otherUser = await world.Guacd.NextUserAsync();
        await other.Started;
        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh");
        await world.Guacd.NextUserAsync();
        await tunnel.Started;

        await tunnel.SendAsync(instructions);
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.ClientProtocolError, tunnel.Ended!.Reason);
        await other.SendAsync(Instructions("key,97,1"));
        await otherUser.WaitForAsync("key", "97");
        await other.LeaveAsync();
        await other.Finished;
    }

    [Fact]
    public async Task Guacd_ThatBreaksAStream_EndsItsSessionAndWhatCameIsRecorded()
    {
        world.Guacd.Options = new FakeGuacdOptions { Play = ParameterWorld.Picture };
        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh");
        var user = await world.Guacd.NextUserAsync();
        await tunnel.Started;

        await user.SendAsync("file", "5000", "text/plain", "a");
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.GuacdProtocolError, tunnel.Ended!.Reason);
        await world.Relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.True((await world.Relay.VerifyAsync(tunnel.Session)).Valid);
    }

    [Fact]
    public async Task Person_WhoPastesWithoutEnd_AddsToACount()
    {
        const int Pastes = 2_000;
        var left = await world.VisitAsync("ssh", async (tunnel, user) =>
        {
            for (var i = 0; i < Pastes / 100; i++)
                await tunnel.SendAsync(string.Concat(Enumerable.Repeat(Instructions("clipboard,0,text/plain", "blob,0,eA==", "end,0"), 100)));
            await Streams.UntilAsync(() => user.Received.Count(i => i is ["end", "0"]) == Pastes);
        });

        var transfers = Transfers(left);
        Assert.InRange(transfers.Count, 2, 100);
        Assert.Equal((Pastes, Pastes), (transfers.Sum(leaf => leaf.Data.Count("count")), transfers.Sum(leaf => leaf.Data.Count("size"))));
    }

    [Fact]
    public async Task Lock_CutsAnUploadAndGuacdIsToldThatItEnds()
    {
        var left = await world.VisitAsync("ssh", async (tunnel, user) =>
        {
            await tunnel.SendAsync(Instructions("file,0,text/plain,a", "blob,0,eA=="));
            await user.WaitForAsync("blob", "0");
            await world.Relay.Sessions.LockAsync(new() { SessionId = tunnel.Session, Locked = true, Purpose = "a test" }, await world.Relay.AsAsync("sofia"));
            await Streams.UntilAsync(() => tunnel.Notices.Any(notice => notice.Kind == TunnelNoticeKind.Locked));

            await tunnel.SendAsync(Instructions("blob,0,eQ==", "end,0"));
            await user.WaitForAsync("end", "0");
            await Streams.UntilAsync(() => Text(tunnel.Received).Contains("3.ack,1.0,", StringComparison.Ordinal));
        });

        Assert.Single(left.User.Received, i => i is ["blob", "0", _]);
        Assert.Equal(("aborted", 1L), (Transfers(left).Single().Data.String("outcome"), Transfers(left).Single().Data.Count("size")));
    }

    [Fact]
    public async Task Notice_OfAConnection_IsGivenToWhoeverMayOpenItAndTakenBack()
    {
        var olivia = await world.Relay.AsAsync("olivia");
        var told = await world.Relay.Connections.GetAsync(new() { Name = "ssh" }, olivia);
        var closed = await world.Relay.Connections.GetAsync(new() { Name = "telnet" }, olivia);

        Assert.True(told.Connection.Channels.ClipboardIn && told.Connection.Channels.FileDownload && !closed.Connection.Channels.ClipboardIn && !closed.Connection.Channels.AudioOut);
        Assert.Contains("the clipboard to the target", told.Notice.Text, StringComparison.Ordinal);
        Assert.Contains("lets nothing through", closed.Notice.Text, StringComparison.Ordinal);
        await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh", Purpose = "a test", AcknowledgedNotice = told.Notice.Sha256 }, await world.Relay.AsAsync("olivia"));
        var refused = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await world.Relay.Sessions.OpenAsync(
            new() { Connection = "ssh", Purpose = "a test", AcknowledgedNotice = closed.Notice.Sha256 }, await world.Relay.AsAsync("olivia")));
        Assert.Equal(Grpc.Core.StatusCode.InvalidArgument, refused.StatusCode);
        // Whether a connection is there is not told by which version its notice has.
        var unknown = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await world.Relay.Sessions.OpenAsync(
            new() { Connection = "ssh", Purpose = "a test", AcknowledgedNotice = closed.Notice.Sha256 }, await world.Relay.AsAsync("oscar")));
        Assert.Equal(Grpc.Core.StatusCode.PermissionDenied, unknown.StatusCode);
    }

    private static List<LedgerLeaf> Transfers(LeftSession left) => [.. left.Leaves.Where(leaf => leaf.Type == "session.transfer")];

    private static (string, string, string) Key(LedgerLeaf leaf) => (leaf.Data.String("kind"), leaf.Data.String("direction"), leaf.Data.String("outcome"));

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static string Instructions(params string[] instructions) => string.Concat(instructions.Select(instruction =>
        $"{string.Join(',', instruction.Split(',').Select(element => $"{element.Length}.{element}"))};"));
}
