using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Channels;

/// <summary>Clipboard and SFTP of the real guacd on the real SSH target, let through and refused.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class RealChannelTests
{
    // Operating system commands of guacd's terminal: offer a file to the person; open a pipe to him.
    private const string Download = "\\033]482200;";
    private const string Pipe = "\\033]482202;";

    [Fact]
    public async Task ClipboardIn_Open_IsPastedIntoTheShell()
    {
        var lab = RealLab.OrSkip();
        var trace = NewName();

        var transfers = await VisitAsync(lab, "clipboardIn: true", async tunnel =>
        {
            await PasteAsync(tunnel, $"touch ~/{trace}");
            // The shell may still be starting: a Return alone does no harm.
            await UntilAsync(() => File.Exists(Path.Combine(lab.Home, trace)), async () =>
            {
                await PasteAsync(tunnel, $"touch ~/{trace}");
                await tunnel.TypeAsync("\n");
            });
        });

        Assert.All(transfers, leaf => Assert.Equal(("clipboard", "in", "complete"), Key(leaf)));
        Assert.NotEmpty(transfers);
    }

    [Fact]
    public async Task ClipboardIn_Closed_DoesNotReachTheShell()
    {
        var lab = RealLab.OrSkip();
        var (trace, typed) = (NewName(), NewName());

        var transfers = await VisitAsync(lab, "clipboardOut: true", async tunnel =>
        {
            await TypeUntilSeenAsync(tunnel, lab, typed);
            await PasteAsync(tunnel, $"touch ~/{trace}");
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i is ["ack", "0", _, "771"]));
            await tunnel.TypeAsync("\n");
            await TypeUntilSeenAsync(tunnel, lab, $"{typed}-after");
        });

        Assert.False(File.Exists(Path.Combine(lab.Home, trace)));
        Assert.Equal([("clipboard", "in", "refused")], transfers.Select(Key));
    }

    [Fact]
    public async Task ClipboardOut_Open_IsWhatWasSelected()
    {
        var lab = RealLab.OrSkip();
        var typed = NewName();

        var transfers = await VisitAsync(lab, "clipboardOut: true", async tunnel =>
        {
            await TypeUntilSeenAsync(tunnel, lab, typed);
            await SelectAsync(tunnel);
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i[0] == "clipboard"));
            var stream = Received(tunnel).First(i => i[0] == "clipboard")[1];
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i is ["end", var ended] && ended == stream));
        });

        Assert.Contains(transfers, leaf => Key(leaf) == ("clipboard", "out", "complete") && leaf.Data.Count("size") > 0);
    }

    [Fact]
    public async Task ClipboardOut_Closed_StaysOnTheTarget()
    {
        var lab = RealLab.OrSkip();
        var typed = NewName();

        await VisitAsync(lab, "clipboardIn: true", async tunnel =>
        {
            await TypeUntilSeenAsync(tunnel, lab, typed);
            await SelectAsync(tunnel);
            await TypeUntilSeenAsync(tunnel, lab, $"{typed}-after");
            Assert.DoesNotContain(Received(tunnel), i => i[0] == "clipboard");
        });
    }

    [Fact]
    public async Task Upload_Open_ArrivesAndItsDigestIsNoted()
    {
        var lab = RealLab.OrSkip();
        var (name, content) = (NewName(), RandomNumberGenerator.GetBytes(20_000));

        var transfers = await VisitAsync(lab, "fileUpload: true", async tunnel =>
        {
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i[0] == "filesystem"));
            await tunnel.SendAsync(Wire("file", "5", "application/octet-stream", name));
            var acks = 1;
            await Streams.UntilAsync(() => Acks(tunnel, "5") >= acks);
            foreach (var piece in content.Chunk(6_000))
            {
                await tunnel.SendAsync(Wire("blob", "5", Convert.ToBase64String(piece)));
                acks++;
                await Streams.UntilAsync(() => Acks(tunnel, "5") >= acks);
            }

            await tunnel.SendAsync(Wire("end", "5"));
            await Streams.UntilAsync(() => File.Exists(Path.Combine(lab.Home, name)) && new FileInfo(Path.Combine(lab.Home, name)).Length == content.Length);
            Assert.DoesNotContain(Received(tunnel), i => i is ["ack", "5", _, not "0"]);
        });

        Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(lab.Home, name), TestContext.Current.CancellationToken));
        var leaf = Assert.Single(transfers);
        Assert.Equal(("file", "in", "complete"), Key(leaf));
        Assert.Equal((Convert.ToHexStringLower(SHA256.HashData(content)), (long)content.Length), (leaf.Data.String("sha256"), leaf.Data.Count("size")));
    }

    [Fact]
    public async Task Upload_Closed_DoesNotArrive()
    {
        var lab = RealLab.OrSkip();
        var (name, typed) = (NewName(), NewName());

        var transfers = await VisitAsync(lab, "fileDownload: true", async tunnel =>
        {
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i[0] == "filesystem"));
            await tunnel.SendAsync(Wire("file", "5", "text/plain", name) + Wire("blob", "5", "eA==") + Wire("end", "5"));
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i is ["ack", "5", _, "771"]));
            await TypeUntilSeenAsync(tunnel, lab, typed);
        });

        Assert.False(File.Exists(Path.Combine(lab.Home, name)));
        Assert.Equal([("file", "in", "refused")], transfers.Select(Key));
    }

    [Fact]
    public async Task Download_Open_IsTheFileAndItsDigestIsNoted()
    {
        var lab = RealLab.OrSkip();
        var (name, typed) = (NewName(), NewName());

        byte[] got = [];
        var transfers = await VisitAsync(lab, "fileDownload: true", async tunnel =>
        {
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i[0] == "filesystem"));
            await TypeUntilSeenAsync(tunnel, lab, typed);
            await tunnel.TypeAsync($"head -c 20000 /dev/urandom > ~/{name}; printf '{Download}/home/relaytest/{name}\\007'\n");
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i[0] == "file"));
            got = await TakeAsync(tunnel, Received(tunnel).First(i => i[0] == "file")[1]);
        });

        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(lab.Home, name), TestContext.Current.CancellationToken), got);
        var leaf = Assert.Single(transfers);
        Assert.Equal(("file", "out", "complete"), Key(leaf));
        Assert.Equal((Convert.ToHexStringLower(SHA256.HashData(got)), 20_000L), (leaf.Data.String("sha256"), leaf.Data.Count("size")));
    }

    [Fact]
    public async Task DownloadAndPipe_Closed_DoNotReachThePerson()
    {
        var lab = RealLab.OrSkip();
        var (name, typed) = (NewName(), NewName());

        var transfers = await VisitAsync(lab, "fileUpload: true", async tunnel =>
        {
            await Streams.UntilAsync(() => Received(tunnel).Any(i => i[0] == "filesystem"));
            await TypeUntilSeenAsync(tunnel, lab, typed);
            await tunnel.TypeAsync($"echo secret > ~/{name}; printf '{Download}/home/relaytest/{name}\\007{Pipe}leak\\007secret'\n");
            await TypeUntilSeenAsync(tunnel, lab, $"{typed}-after");
            Assert.DoesNotContain(Received(tunnel), i => i[0] is "file" or "body" or "pipe");
        });

        // guacd keeps the file back by itself; the pipe it would have opened.
        Assert.Contains(("pipe", "out", "refused"), transfers.Select(Key));
        Assert.DoesNotContain(transfers, leaf => leaf.Data.String("outcome") != "refused");
    }

    private static async Task<List<LedgerLeaf>> VisitAsync(RealLab lab, string channels, Func<TunnelClient, Task> visit)
    {
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(channels: channels), Values = lab.Values() });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await visit(tunnel);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.True((await relay.VerifyAsync(tunnel.Session)).Valid);
        return [.. (await LedgerLeaves.OfSessionAsync(relay, tunnel.Session)).Where(leaf => leaf.Type == "session.transfer")];
    }

    private static Task PasteAsync(TunnelClient tunnel, string text) => tunnel.SendAsync(
        Wire("clipboard", "0", "text/plain") + Wire("blob", "0", Convert.ToBase64String(Encoding.UTF8.GetBytes(text))) + Wire("end", "0")
        // The right button pastes what the terminal holds.
        + Wire("mouse", "100", "100", "4") + Wire("mouse", "100", "100", "0"));

    // Drags over the whole screen.
    private static Task SelectAsync(TunnelClient tunnel) => tunnel.SendAsync(
        Wire("mouse", "2", "2", "0") + Wire("mouse", "2", "2", "1") + Wire("mouse", "300", "100", "1") + Wire("mouse", "600", "200", "1") + Wire("mouse", "600", "200", "0"));

    private static Task TypeUntilSeenAsync(TunnelClient tunnel, RealLab lab, string name) =>
        UntilAsync(() => File.Exists(Path.Combine(lab.Home, name)), () => tunnel.TypeAsync($"\ntouch ~/{name}\n"));

    // What was done before there was a prompt is done again.
    private static Task UntilAsync(Func<bool> condition, Func<Task> again)
    {
        var beat = 0;
        return Streams.UntilAsync(async () =>
        {
            if (condition()) return true;
            if (beat++ % 50 == 0) await again();
            return false;
        });
    }

    private static async Task<byte[]> TakeAsync(TunnelClient tunnel, string stream)
    {
        using var content = new MemoryStream();
        var taken = 0;
        await tunnel.SendAsync(Wire("ack", stream, "Ready", "0"));
        await Streams.UntilAsync(async () =>
        {
            // guacd gives an index again when its stream is over: what stood under it before is none of the file's.
            var sinceOffered = Received(tunnel).SkipWhile(i => i[0] != "file").ToList();
            var blobs = sinceOffered.Where(i => i[0] == "blob" && i[1] == stream).ToList();
            foreach (var blob in blobs[taken..])
            {
                content.Write(Convert.FromBase64String(blob[2]));
                await tunnel.SendAsync(Wire("ack", stream, "OK", "0"));
            }

            taken = blobs.Count;
            return sinceOffered.Any(i => i is ["end", var ended] && ended == stream);
        });
        return content.ToArray();
    }

    private static int Acks(TunnelClient tunnel, string stream) => Received(tunnel).Count(i => i is ["ack", var acknowledged, ..] && acknowledged == stream);

    // Of what was delivered, what is not picture.
    private static List<string[]> Received(TunnelClient tunnel)
    {
        var (parser, found, images) = (new InstructionParser(), new List<string[]>(), new HashSet<string>());
        var buffer = new ReadOnlySequence<byte>(tunnel.Received);
        while (parser.TryRead(ref buffer, out var instruction))
        {
            if (instruction.Is(Opcodes.Img)) images.Add(instruction.GetString(1));
            else if (instruction.Is(Opcodes.Blob) && images.Contains(instruction.GetString(1))) continue;
            else if (instruction.Is(Opcodes.End) && images.Remove(instruction.GetString(1))) continue;
            else if (instruction.Opcode.Length > 0 && !instruction.Is(Opcodes.Sync)) found.Add(instruction.ToStrings());
        }

        return found;
    }

    private static string Wire(params string[] elements) => $"{string.Join(',', elements.Select(element => $"{element.Length}.{element}"))};";

    private static string NewName() => $"channel-{Guid.NewGuid():N}";

    private static (string, string, string) Key(LedgerLeaf leaf) => (leaf.Data.String("kind"), leaf.Data.String("direction"), leaf.Data.String("outcome"));
}
