using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>What stands on the broker, who may see it, and what strangers put into our queues.</summary>
[Trait("Kind", "Real")]
public sealed class RabbitMqQueueTests() : MessagingBed(TestDatabaseKind.Postgres, TestBus.RabbitMq)
{
    public static TheoryData<string, string> Garbage => new()
    {
        { "unreadable", "not json at all" },
        { "unreadable", "{\"messageType\":[\"urn:message:OpenOva.Relay.Tests.Messaging:Happened\"],\"message\":" },
        { "unreadable", "" },
        { "unexpected", "{\"messageId\":\"018f0000-0000-7000-8000-000000000000\",\"messageType\":[\"urn:message:Elsewhere:Thing\"],\"message\":{}}" },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_FromAStranger_IsKeptAsideCountedAndBlocksNothing(string reason, string body)
    {
        var node = await StartAsync(options => options.Concurrency = 1);
        var counted = 0L;
        using var listener = new MeterListener();
        listener.EnableMeasurementEvents(node.Services.GetRequiredService<RelayMetrics>().MessagesRefused);
        listener.SetMeasurementEventCallback<long>((_, added, labels, _) =>
        {
            if (labels.ToArray().SequenceEqual([new("consumer", "test.first"), new("reason", reason)])) Interlocked.Add(ref counted, added);
        });
        listener.Start();
        var queue = BusQueues.NameOf(node.Options, "test.first");
        await using (var connection = await node.Services.GetRequiredService<BrokerConnection>().OpenAsync(Cancellation))
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation))
        {
            for (var i = 0; i < 5; i++) await channel.BasicPublishAsync("", queue, mandatory: true, Encoding.UTF8.GetBytes(body), Cancellation);
        }

        await AddAsync(node, 1);

        await EffectsAsync(2);
        var found = await UntilAsync(async () =>
        {
            var queues = await node.Services.GetRequiredService<RefusedQueues>().ListAsync(Cancellation);
            return queues.Sum(each => each.Messages) >= 5 ? queues : null;
        });
        Assert.Equal([("test.first", reason, 5L)], found.Select(each => (each.Consumer, each.Reason, each.Messages)));
        Assert.Equal(2, (await ReadEffectsAsync()).Count);
        Assert.Equal(5, Interlocked.Read(ref counted));
    }

    [Theory]
    [InlineData(true, "quorum", "classic")]
    [InlineData(false, "classic", "quorum")]
    public async Task Queue_OfAConsumer_IsDurableAndOfTheConfiguredKind(bool quorum, string kind, string otherKind)
    {
        var node = await StartAsync(options => options.QuorumQueues = quorum);
        var queue = BusQueues.NameOf(node.Options, "test.first");
        await using var connection = await node.Services.GetRequiredService<BrokerConnection>().OpenAsync(Cancellation);

        await DeclareAsync(durable: true, kind);
        await Assert.ThrowsAsync<OperationInterruptedException>(() => DeclareAsync(durable: true, otherKind));
        await Assert.ThrowsAsync<OperationInterruptedException>(() => DeclareAsync(durable: false, "classic"));

        async Task DeclareAsync(bool durable, string type)
        {
            await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
            var arguments = type == "classic" ? null : new Dictionary<string, object?> { ["x-queue-type"] = type };
            await channel.QueueDeclareAsync(queue, durable, exclusive: false, autoDelete: false, arguments, cancellationToken: Cancellation);
        }
    }

    [Fact]
    public async Task QuorumQueue_ConsumerFailsAtFirst_IsDeliveredToAgain()
    {
        var node = await StartAsync(options => options.QuorumQueues = true);
        var failures = 0;
        node.Script.BeforeEffect = (consumer, _) =>
        {
            if (consumer == "test.first" && Interlocked.Increment(ref failures) == 1) throw new InvalidDataException("not yet");
        };

        await AddAsync(node, 1);

        await EffectsAsync(2);
        Assert.Equal(2, failures);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(false, true, false)] // another root
    [InlineData(true, false, false)] // another name
    public async Task Tls_OnlyTheConfiguredRootAndName_AreTrusted(bool ownRoot, bool ownName, bool trusted)
    {
        var broker = Broker.OrSkip();
        using var root = Root("Relay test root");
        using var stranger = Root("Another root");
        using var server = Server(ownRoot ? root : stranger, ownName);
        await using var door = new BrokerDoor(broker.Url, server);
        door.Open();
        var ca = Path.Combine(Directory.CreateTempSubdirectory("relay-ca-").FullName, "ca.pem");
        await File.WriteAllTextAsync(ca, root.ExportCertificatePem(), Cancellation);
        var node = await StartAsync(options => { options.Url = door.Url.ToString(); options.CaFile = ca; }, started: trusted, healthy: trusted);

        if (trusted)
        {
            await AddAsync(node, 1);
            await EffectsAsync(2);
        }
        else
        {
            var connection = node.Services.GetRequiredService<BrokerConnection>();
            var refused = await Assert.ThrowsAsync<BrokerUnreachableException>(() => connection.OpenAsync(Cancellation));
            Assert.Contains("AuthenticationException", refused.ToString(), StringComparison.Ordinal);
        }

        Directory.Delete(Path.GetDirectoryName(ca)!, recursive: true);
    }

    private static X509Certificate2 Root(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static X509Certificate2 Server(X509Certificate2 root, bool ownName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (ownName) names.AddIpAddress(IPAddress.Loopback);
        else names.AddDnsName("elsewhere.example");
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3]);
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }
}
