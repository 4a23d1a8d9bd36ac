using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Host;

[Trait("Kind", "Fast")]
public sealed class RelayHostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serve_Embedded_IsHealthyReadyAndKeepsItsDataPrivate()
    {
        await using var relay = await RunningRelay.StartAsync();

        Assert.Equal("ok\n", await relay.Web.GetStringAsync("/healthz", Cancellation));
        using var ready = await relay.Web.GetAsync("/readyz", Cancellation);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        using var body = JsonDocument.Parse(await ready.Content.ReadAsStringAsync(Cancellation));
        Assert.True(body.RootElement.GetProperty("ready").GetBoolean());
        foreach (var probe in (string[])["database", "objects", "spool"])
            Assert.Equal("ok", body.RootElement.GetProperty("probes").GetProperty(probe).GetString());
        if (OperatingSystem.IsWindows()) return;
        var mode = File.GetUnixFileMode(Path.Combine(relay.Data.FullName, "objects"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, mode);
    }

    [Fact]
    public async Task Ready_SpoolOrObjectsUnusable_SaysWhichAndNotWhy()
    {
        await using var relay = await RunningRelay.StartAsync();
        using (var before = await relay.Web.GetAsync("/readyz", Cancellation)) Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Directory.Move(Path.Combine(relay.Data.FullName, "spool"), Path.Combine(relay.Data.FullName, "away"));
        await File.WriteAllTextAsync(Path.Combine(relay.Data.FullName, "spool"), "in the way", Cancellation);
        Directory.Delete(Path.Combine(relay.Data.FullName, "objects"), recursive: true);

        using var ready = await relay.Web.GetAsync("/readyz", Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(
            """{"ready":false,"probes":{"database":"ok","objects":"failed","resources":"ok","spool":"failed"},"details":{"resource-source":"ok","recheck":"ok","bus":"ok"}}""", await ready.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("ok\n", await relay.Web.GetStringAsync("/healthz", Cancellation));
    }

    [Fact]
    public async Task Ready_ProbeHangs_IsBounded()
    {
        await using var relay = await RunningRelay.StartAsync(settings => settings with
        {
            Services = services => services.AddSingleton<IReadinessProbe, HangingProbe>(),
        });

        using var ready = await relay.Web.GetAsync("/readyz", Cancellation).WaitAsync(TimeSpan.FromSeconds(15), Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
    }

    [Fact]
    public async Task Metrics_Counted_AreInPrometheusText()
    {
        await using var relay = await RunningRelay.StartAsync();
        Assert.Contains("\nguacamole_active_sessions 0\n", await relay.Web.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
        var metrics = relay.Application.Services.GetRequiredService<RelayMetrics>();
        metrics.ActiveSessions.Add(2, new KeyValuePair<string, object?>("protocol", "rdp"));
        metrics.ActiveSessions.Add(-1, new KeyValuePair<string, object?>("protocol", "rdp"));
        metrics.SessionDuration.Record(61.5, new KeyValuePair<string, object?>("organisation", "a\"b\\c\nd"));
        metrics.RecordingBytes.Add(1234);
        metrics.AuthFailures.Add(1, new KeyValuePair<string, object?>("reason", "expired"));

        var text = await relay.Web.GetStringAsync("/metrics", Cancellation);

        foreach (var line in (string[])
        [
            "# TYPE guacamole_active_sessions gauge",
            "guacamole_active_sessions{protocol=\"rdp\"} 1",
            "# TYPE guacamole_session_duration_seconds histogram",
            "guacamole_session_duration_seconds_bucket{organisation=\"a\\\"b\\\\c\\nd\",le=\"60\"} 0",
            "guacamole_session_duration_seconds_bucket{organisation=\"a\\\"b\\\\c\\nd\",le=\"300\"} 1",
            "guacamole_session_duration_seconds_bucket{organisation=\"a\\\"b\\\\c\\nd\",le=\"+Inf\"} 1",
            "guacamole_session_duration_seconds_sum{organisation=\"a\\\"b\\\\c\\nd\"} 61.5",
            "guacamole_session_duration_seconds_count{organisation=\"a\\\"b\\\\c\\nd\"} 1",
            "# TYPE guacamole_recording_bytes_total counter",
            "guacamole_recording_bytes_total 1234",
            "guacamole_auth_failures_total{reason=\"expired\"} 1",
        ])
        {
            Assert.Contains("\n" + line + "\n", "\n" + text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Doors_CleartextPorts_SpeakTheirProtocolAndHideTheOthersRoutes()
    {
        await using var relay = await RunningRelay.StartAsync();
        using var http2 = new HttpClient { BaseAddress = relay.Application.GrpcAddress(), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var hidden = await http2.GetAsync("/healthz", Cancellation);
        using var shown = await relay.Web.GetAsync("/healthz", Cancellation);

        Assert.Equal((HttpStatusCode.NotFound, HttpVersion.Version20), (hidden.StatusCode, hidden.Version));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (shown.StatusCode, shown.Version));
        Assert.True(relay.Application.WebAddress().IsLoopback);
    }

    [Fact]
    public async Task Doors_Certificate_SharesOnePortByAlpn()
    {
        var files = Directory.CreateTempSubdirectory("relay-tls-");
        var (certificate, key) = (Path.Combine(files.FullName, "tls.crt"), Path.Combine(files.FullName, "tls.key"));
        WriteCertificate(certificate, key);
        await using var relay = await RunningRelay.StartAsync(settings => settings with
        {
            Values = new Dictionary<string, string?>(settings.Values)
            {
                ["Relay:Web:CertificateFile"] = certificate,
                ["Relay:Web:CertificateKeyFile"] = key,
            },
        });

        Assert.Equal("https", relay.Application.WebAddress().Scheme);
        Assert.Equal(relay.Application.WebAddress(), relay.Application.GrpcAddress());
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
            using var client = new HttpClient(handler) { BaseAddress = relay.Application.WebAddress(), DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await client.GetAsync("/healthz", Cancellation);
            Assert.Equal((HttpStatusCode.OK, version), (answer.StatusCode, answer.Version));
        }

        files.Delete(recursive: true);
    }

    [Fact]
    public async Task Serve_BrokerIsDown_ServesAllTheSame()
    {
        await using var relay = await RunningRelay.StartAsync(settings => settings with
        {
            Values = new Dictionary<string, string?>(settings.Values) { ["Relay:Bus:Url"] = "amqp://127.0.0.1:1" },
        });

        using var ready = await relay.Web.GetAsync("/readyz", Cancellation);

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Fact]
    public void Build_BadConfiguration_ReportsEverythingWithItsKeyAndNoSecret()
    {
        var failures = Failures(new()
        {
            ["Relay:Bus:Url"] = "amqp://user:hunter2@broker/",
            ["Relay:Bus:MaxRedeliveries"] = "0",
            ["Relay:Bus:SweepInterval"] = "00:00:00",
            ["Relay:Database:Postgres"] = "hunter2;;=",
            ["Relay:Web:Adress"] = "*",
            ["Relay:ObjectStorage:EvidenceBucket"] = "guacamole-recordings",
            ["Relay:ObjectStorage:OtherBuckets:0"] = "UPPER",
            ["Relay:Logging:Level"] = "Loud",
            ["Relay:Sesions:Limit"] = "1",
            ["Relay:Roles"] = "boss",
        });

        foreach (var key in (string[])
        [
            "Relay:Bus:Url", "Relay:Bus:MaxRedeliveries", "Relay:Bus:SweepInterval", "Relay:Database:Postgres", "Relay:Web:Adress",
            "Relay:ObjectStorage:EvidenceBucket", "Relay:ObjectStorage:OtherBuckets:0", "Relay:Logging:Level", "Relay:Sesions", "Relay:Roles",
        ])
        {
            Assert.Single(failures, failure => failure.Contains(key, StringComparison.Ordinal));
        }

        Assert.Equal(10, failures.Count);
        Assert.DoesNotContain(failures, failure => failure.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Relay:Web:Address", "example.org")]
    [InlineData("Relay:Web:HttpPort", "65536")]
    [InlineData("Relay:Web:GrpcPort", "8080")]
    [InlineData("Relay:Web:CertificateFile", "/nowhere.pem")]
    [InlineData("Relay:Web:MaxConnections", "0")]
    [InlineData("Relay:Web:MaxRequestBytes", "1")]
    [InlineData("Relay:Web:StopTimeout", "-00:00:01")]
    [InlineData("Relay:Web:PublicAddress", "http://relay.example.org")]
    [InlineData("Relay:Web:PublicAddress", "https://relay.example.org/path")]
    [InlineData("Relay:Sessions:WebKeepAlive", "00:00:00")]
    [InlineData("Relay:Sessions:MaxWatchers", "0")]
    [InlineData("Relay:Sessions:WatchTime", "00:00:00")]
    [InlineData("Relay:Database:Sqlite", "")]
    [InlineData("Relay:Database:PostgresPasswordFile", "/nowhere")]
    [InlineData("Relay:Database:BusyTimeout", "00:02:00")]
    [InlineData("Relay:Database:MaxAttempts", "0")]
    [InlineData("Relay:Database:StartTimeout", "-00:00:01")]
    [InlineData("Relay:Bus:Url", "http://broker")]
    [InlineData("Relay:Bus:PasswordFile", "/nowhere")]
    [InlineData("Relay:Bus:Prefix", "a b")]
    [InlineData("Relay:Bus:RedeliverCeiling", "00:00:01")]
    [InlineData("Relay:Bus:ImmediateRetries", "11")]
    [InlineData("Relay:Bus:PublishTimeout", "00:00:00")]
    [InlineData("Relay:Bus:KeepFinished", "-00:00:01")]
    [InlineData("Relay:Bus:Concurrency", "0")]
    [InlineData("Relay:ObjectStorage:Directory", "")]
    [InlineData("Relay:ObjectStorage:RecordingsBucket", "a")]
    public void Build_OneKeyBroken_ReportsThatKeyAlone(string key, string value)
    {
        var failure = Assert.Single(Failures(new() { [key] = value }));

        // A rule over two keys may name the other one first, in the same section.
        Assert.StartsWith(key[..key.LastIndexOf(':')], failure, StringComparison.Ordinal);
        Assert.Contains(key.Split(':')[^1], failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_RolesSplitOnEmbeddedParts_IsRefused()
    {
        var failures = Failures(new() { ["Relay:Roles"] = "jobs" });

        Assert.Equal(["Relay:Bus:Url", "Relay:Database:Postgres"], failures.Select(failure => failure.Split(' ')[0]));
    }

    [Fact]
    public void Options_Printed_ShowNoSecret()
    {
        var database = new OpenOva.Relay.Database.DatabaseOptions { Postgres = "Host=db;Password=hunter2" };
        var bus = new OpenOva.Relay.Messaging.MessagingOptions { Url = "amqp://user:hunter2@broker/" };

        Assert.Equal(("PostgreSQL", "RabbitMQ"), (database.ToString(), bus.ToString()));
    }

    private static IReadOnlyList<string> Failures(Dictionary<string, string?> values)
    {
        var data = Path.Combine(Path.GetTempPath(), $"relay-{Guid.NewGuid():N}");
        var all = MinimalConfiguration.Values(Path.GetTempPath());
        foreach (var (key, value) in values) all[key] = value;
        var refused = Assert.Throws<OpenOva.Relay.Configuration.RelayConfigurationException>(() =>
            RelayHost.Build(new RelayHostSettings { Data = data, Values = all, Log = false }));
        Assert.False(Directory.Exists(data));
        return refused.Failures;
    }

    private static void WriteCertificate(string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }

    private sealed class HangingProbe : IReadinessProbe
    {
        public string Name => "hanging";

        public Task CheckAsync(CancellationToken cancellation) => new TaskCompletionSource().Task;
    }
}
