using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>Syslog over TLS: the form of RFC 5424, and nothing lost with a connection although nobody acknowledges anything.</summary>
[Trait("Kind", "Fast")]
public sealed partial class SyslogTargetTests() : LedgerFixture(TestDatabaseKind.Sqlite)
{
    private readonly ManualTime _clock = new();
    private readonly RelayMetrics _metrics = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-syslog-").FullName;

    private string CaFile => Path.Combine(_folder, "ca.pem");

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Leaves_Exported_AreMessagesWhoseHashCanBeMade()
    {
        await using var receiver = Receiver();
        await NumberedAsync(3);
        await using var target = Target(receiver);

        await ExportRig.DrainAsync(ExportRig.Pump(Db, target, _clock, _metrics), Cancellation);

        var leaves = await LeavesAsync("acme");
        for (var n = 0; n < 3; n++)
        {
            var match = Message().Match(await NextAsync(receiver));
            Assert.True(match.Success);
            Assert.Equal(
                ("relay-0", "service.started", "acme", $"{n}", "service.started"),
                (match.Groups["host"].Value, match.Groups["id"].Value, match.Groups["organisation"].Value, match.Groups["sequence"].Value, match.Groups["type"].Value));
            Assert.Equal(match.Groups["hash"].Value, Convert.ToHexStringLower(MerkleHash.Leaf(Encoding.UTF8.GetBytes(match.Groups["message"].Value))));
            Assert.Equal(leaves[n].TimeUs, (DateTimeOffset.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / 10);
        }
    }

    [Fact]
    public async Task Connections_DroppedMidWay_LoseNothing()
    {
        await using var receiver = Receiver();
        foreach (var drop in (int[])[0, 3, 1, 40]) receiver.Drops.Enqueue(drop);
        await NumberedAsync(60);
        await using var target = Target(receiver);
        var pump = ExportRig.Pump(Db, target, _clock, _metrics);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var pumping = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    await ExportRig.DrainAsync(pump, Cancellation);
                    _clock.Advance(TimeSpan.FromSeconds(1));
                    await Task.Delay(5, Cancellation);
                }
            },
            Cancellation);
        var received = new List<int>();
        while (!Enumerable.Range(0, 60).All(received.Contains)) received.Add(int.Parse(Message().Match(await NextAsync(receiver)).Groups["sequence"].Value, CultureInfo.InvariantCulture));
        await over.CancelAsync();
        await pumping;

        // In order each time round: what comes after a number is the next one, or what is sent again.
        Assert.All(received.Zip(received.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1, $"{pair.First} was followed by {pair.Second}"));
    }

    [Fact]
    public async Task Position_WhileTheConnectionIsYoung_StaysBehind()
    {
        await using var receiver = Receiver();
        await NumberedAsync(2);
        await using var target = Target(receiver);
        var pump = ExportRig.Pump(Db, target, _clock, _metrics);
        await ExportRig.DrainAsync(pump, Cancellation);
        await NextAsync(receiver);

        _clock.Advance(TimeSpan.FromMilliseconds(29_999));
        await pump.RoundAsync(Cancellation);
        Assert.Equal(0, await NextSequenceAsync());
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await pump.RoundAsync(Cancellation);

        Assert.Equal(2, await NextSequenceAsync());
    }

    [Fact]
    public async Task Receiver_OfAnotherAuthority_GetsNothing()
    {
        await using var receiver = Receiver();
        await File.WriteAllTextAsync(CaFile, SyslogReceiver.SelfSigned("localhost", Time.GetUtcNow()).Pem, Cancellation);
        await NumberedAsync(1);
        await using var target = Target(receiver);

        await Assert.ThrowsAsync<System.Security.Authentication.AuthenticationException>(async () => await target.SendAsync(await RecordsAsync(), Cancellation));
    }

    [Fact]
    public async Task Receiver_OfAnotherName_GetsNothing()
    {
        await using var receiver = Receiver("siem.test");
        await NumberedAsync(1);
        await using var target = Target(receiver);

        await Assert.ThrowsAsync<System.Security.Authentication.AuthenticationException>(async () => await target.SendAsync(await RecordsAsync(), Cancellation));
    }

    [Fact]
    public async Task Receiver_DemandingACertificate_IsShownIt()
    {
        await using var receiver = Receiver(demandsCertificate: true);
        await NumberedAsync(1);
        var (_, pem, key) = SyslogReceiver.SelfSigned("relay-client", Time.GetUtcNow());
        var options = To(receiver);
        (options.CertificateFile, options.CertificateKeyFile) = (Path.Combine(_folder, "client.pem"), Path.Combine(_folder, "client.key"));
        await File.WriteAllTextAsync(options.CertificateFile, pem, Cancellation);
        await File.WriteAllTextAsync(options.CertificateKeyFile, key, Cancellation);
        await using var target = new SyslogTarget(options, "relay-0");

        await target.SendAsync(await RecordsAsync(), Cancellation);

        await NextAsync(receiver);
        Assert.Equal("CN=relay-client", receiver.ClientSubject);
    }

    [Fact]
    public void Message_WithWhatEndsAParameter_EscapesIt()
    {
        using var written = new MemoryStream();

        SyslogMessage.Write(written, new("a\\c]m\"e", 1, "type", 0, "00", "{\"ö\":1}"u8.ToArray()), "host name", 4711);

        const string expected = "<110>1 1970-01-01T00:00:00.000000Z hostname relay - type [relay@4711 organisation=\"a\\\\c\\]m\\\"e\" sequence=\"1\" type=\"type\" hash=\"00\"] {\"ö\":1}";
        Assert.Equal($"{Encoding.UTF8.GetByteCount(expected)} {expected}", Encoding.UTF8.GetString(written.ToArray()));
    }

    [GeneratedRegex("""^<110>1 (?<time>\S+) (?<host>\S+) relay - (?<id>\S+) \[relay@32473 organisation="(?<organisation>[^"]*)" sequence="(?<sequence>\d+)" type="(?<type>[^"]*)" hash="(?<hash>[0-9a-f]{64})"\] (?<message>\{.*\})$""")]
    private static partial Regex Message();

    private SyslogReceiver Receiver(string name = "localhost", bool demandsCertificate = false)
    {
        var (certificate, pem, _) = SyslogReceiver.SelfSigned(name, Time.GetUtcNow());
        File.WriteAllText(CaFile, pem);
        return SyslogReceiver.Start(certificate, demandsCertificate);
    }

    private ExportOptions To(SyslogReceiver receiver) => new() { Url = $"tls://localhost:{receiver.Port}", CaFile = CaFile };

    private SyslogTarget Target(SyslogReceiver receiver) => new(To(receiver), "relay-0");

    private static Task<string> NextAsync(SyslogReceiver receiver) => BoundedAsync(receiver.NextAsync(Cancellation).AsTask());

    private async Task<List<ExportRecord>> RecordsAsync() => [.. (await new ExportReader(Db, withLeaves: true).ReadAsync("acme", default, Cancellation)).Select(item => item.Record)];

    private async Task<long> NextSequenceAsync() => (await ExportQueries.PositionsAsync(Db, ExportRig.Component, Cancellation)).Single().NextSeq;

    private async Task NumberedAsync(int count)
    {
        await StageAsync("acme", count);
        await Sequencer("a").SequenceAsync(Cancellation);
    }
}
