using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>Promise 8: the target's password reaches guacd, and stands nowhere else, however the session goes.</summary>
[Trait("Kind", "Real")]
public sealed class SecretCanaryTests
{
    private const string Canary = "c4n4ry-Zq9-f3ed2b";
    private static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Password_OfTheTarget_StandsInNoFileLineOrReply()
    {
        var lines = new EveryLine();
        using var folder = new TemporaryFolder();
        var secret = folder.Write("password", Canary + "\n");
        var replies = new List<byte[]>();
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using (var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint,
            Folder = folder.Path,
            Connections = $"{RelayUnderTest.SshYaml()}\n  secretRef:\n    password:\n      file: {secret}",
            Values = new Dictionary<string, string?> { ["Relay:Reports:WeasyPrint"] = Environment.GetEnvironmentVariable("RELAY_TEST_WEASYPRINT") ?? "" },
            Services = services => services.AddSingleton<ILoggerProvider>(lines).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace)),
        }))
        {
            await TerminatedAsync(relay, guacd, replies);
            await WrongPasswordAsync(relay, guacd, replies);
            await ReadBackAsync(relay, replies);
            await relay.StopAsync();
        }

        Assert.NotEmpty(lines.Lines);
        Assert.All(lines.Lines, line => Assert.False(Holds(Encoding.UTF8.GetBytes(line)), line));
        Assert.All(replies, reply => Assert.False(Holds(reply), Encoding.UTF8.GetString(reply)));
        var files = Directory.GetFiles(Path.Combine(folder.Path, "data"), "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith(".guac.gz", StringComparison.Ordinal) || file.Contains("guac.gz", StringComparison.Ordinal));
        foreach (var file in files) Assert.False(Holds(await File.ReadAllBytesAsync(file, Cancellation)), file);
        // The search itself finds what it is for.
        Assert.True(Holds(await File.ReadAllBytesAsync(secret, Cancellation)));
        Assert.True(Holds(Encoding.Unicode.GetBytes(Canary)) && Holds(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes($"x{Canary}")))));
    }

    private static async Task TerminatedAsync(RelayUnderTest relay, FakeGuacd guacd, List<byte[]> replies)
    {
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        var user = await guacd.NextUserAsync();
        await tunnel.Started;
        Assert.Equal(Canary, user.Parameters["password"]);
        await relay.Sessions.TerminateAsync(new() { SessionId = tunnel.Session, Purpose = "enough" }, await relay.AsAsync("sofia"));
        await tunnel.Finished;
        replies.Add(tunnel.Received);
        replies.Add(tunnel.Ended!.ToByteArray());
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
    }

    // guacd's words of a login that failed, as a careless target might say them: the status alone is passed on.
    private static async Task WrongPasswordAsync(RelayUnderTest relay, FakeGuacd guacd, List<byte[]> replies)
    {
        guacd.Options = guacd.Options with { Play = FakeGuacdPlay.Script(["error", "Login failed.", "769"], ["disconnect"]) };
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        var refused = await Assert.ThrowsAnyAsync<RpcException>(() => tunnel.Finished);
        replies.Add(Encoding.UTF8.GetBytes(refused.ToString()));
        replies.AddRange(refused.Trailers.Select(entry => entry.IsBinary ? entry.ValueBytes : Encoding.UTF8.GetBytes(entry.Value)));
        guacd.Options = guacd.Options with { Play = Picture };
    }

    private static async Task ReadBackAsync(RelayUnderTest relay, List<byte[]> replies)
    {
        var anton = await relay.AsAsync("anton", throughGateway: false);
        replies.Add((await relay.Connections.ListAsync(new(), anton)).ToByteArray());
        replies.Add((await relay.Connections.GetAsync(new() { Name = "ssh-db" }, anton)).ToByteArray());
        var sessions = await relay.Sessions.ListAsync(new(), anton);
        Assert.Equal(2, sessions.Sessions.Count);
        replies.Add(sessions.ToByteArray());
        foreach (var session in sessions.Sessions.Where(found => found.State == SessionState.Verified))
        {
            replies.Add((await relay.Recordings.GetAsync(new() { SessionId = session.SessionId, Purpose = "a test" }, anton)).ToByteArray());
            replies.Add(await relay.RawAsync(session.SessionId));
        }

        foreach (var leaf in await LedgerLeaves.AllAsync(relay)) replies.Add(Encoding.UTF8.GetBytes(leaf.Data.Element.GetRawText()));
        replies.Add(await ReportAsync(relay, anton));
    }

    private static async Task<byte[]> ReportAsync(RelayUnderTest relay, Metadata auditor)
    {
        var reports = AuthorizationCalls.Reports(relay);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000;
        var request = new ReportServiceCreateRequest { Framework = "sox", FromUs = now - 3_600_000_000, ToUs = now, RequestId = "canary", Recordings = RecordingSelection.None };
        var id = (await reports.CreateAsync(request, auditor)).Report.ReportId;
        await Streams.UntilAsync(async () => (await reports.GetAsync(new() { ReportId = id }, auditor)).Report.State == ReportState.Ready, 60);
        using var bundle = new MemoryStream();
        using var call = reports.Download(new() { ReportId = id, Purpose = "a test" }, auditor);
        await foreach (var piece in call.ResponseStream.ReadAllAsync(Cancellation)) piece.Data.WriteTo(bundle);
        Assert.True(bundle.Length > 1_000);
        return bundle.ToArray();
    }

    private static bool Holds(byte[] bytes)
    {
        if (Forms().Any(form => bytes.AsSpan().IndexOf(form) >= 0)) return true;
        if (bytes is not [0x1F, 0x8B, ..]) return false;
        using var zipped = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var raw = new MemoryStream();
        zipped.CopyTo(raw);
        return Forms().Any(form => raw.GetBuffer().AsSpan(0, (int)raw.Length).IndexOf(form) >= 0);
    }

    // As text, as .NET keeps it, as hex, and as base64 at each of its three offsets without the ends that depend on what stands beside it.
    private static IEnumerable<byte[]> Forms()
    {
        var text = Encoding.ASCII.GetBytes(Canary);
        yield return text;
        yield return Encoding.Unicode.GetBytes(Canary);
        yield return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(text));
        for (var offset = 0; offset < 3; offset++)
        {
            var encoded = Convert.ToBase64String([.. new byte[offset], .. text]);
            yield return Encoding.ASCII.GetBytes(encoded[(offset == 0 ? 0 : offset + 1)..^4]);
        }
    }

    private sealed class EveryLine : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Lines.Enqueue($"{state}");
            return null;
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // Nothing is held but memory.
        }
    }
}
