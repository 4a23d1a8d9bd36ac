using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Replicas;

/// <summary>What the store itself holds fast of a session, as it stands on the S3 endpoint.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class StoreLockTests
{
    private const int RetentionDays = 30;

    [Theory(Timeout = 180_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Session_Sealed_IsLockedForTheConnectionsDaysAndItsManifestForEverybody(bool atTheSecondTry)
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]) });
        await using var proxy = FaultyHttpProxy.Start(new Uri(DeployedBackends.Or("RELAY_TEST_S3", "s3")));
        await using var deployment = await Deployment.DeployedAsync();
        deployment.Values["Relay:ObjectStorage:S3:Endpoint"] = proxy.Address.ToString();
        // The first try puts object and index, and breaks off at the manifest.
        if (atTheSecondTry)
        {
            proxy.Plan(
                HttpFault.Answer(403, "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>planned</Message></Error>"), 1,
                request => request.StartsWith("PUT ", StringComparison.Ordinal) && request.Contains(".manifest.jws", StringComparison.Ordinal));
        }

        await using var relay = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd.Endpoint));
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified, 60);

        var store = relay.Services.GetRequiredService<IObjectStore>();
        var buckets = relay.Services.GetRequiredService<ObjectStorageOptions>();
        var manifest = await relay.ManifestAsync(tunnel.Session);
        var sealedAt = RowClock.FromUnixMicroseconds(manifest["sealed_us"]!.GetValue<long>());
        var recording = await StoredAsync(store, buckets.RecordingsBucket, tunnel.Session);
        var evidence = await StoredAsync(store, buckets.EvidenceBucket, tunnel.Session);

        Assert.Equal(["guac.gz", "index.json"], recording.Select(stored => stored.Key[(stored.Key.IndexOf('.') + 1)..]).Order());
        Assert.All(recording, stored => Assert.Equal(RetentionMode.Governance, stored.Retention?.Mode));
        Assert.Equal(RetentionMode.Compliance, Assert.Single(evidence).Retention?.Mode);
        var until = sealedAt.AddDays(RetentionDays);
        Assert.Equal(until, RowClock.FromUnixMicroseconds(manifest["retention"]!["until_us"]!.GetValue<long>()));
        // Stores keep whole seconds, and never less than was promised.
        Assert.All(recording.Concat(evidence), stored => Assert.InRange(stored.Retention!.Until, until, until.AddSeconds(1)));

        Assert.Equal(atTheSecondTry ? 2 : 1, proxy.Requests.Count(request =>
            request.StartsWith("PUT ", StringComparison.Ordinal) && request.Contains(tunnel.Session, StringComparison.Ordinal) && request.Contains(".manifest.jws", StringComparison.Ordinal)));
        foreach (var stored in recording)
            await Assert.ThrowsAsync<ObjectLockedException>(() => store.DeleteVersionAsync(buckets.RecordingsBucket, stored.Key, stored.VersionId));
        await Assert.ThrowsAsync<ObjectLockedException>(() =>
            store.DeleteVersionAsync(buckets.EvidenceBucket, evidence[0].Key, evidence[0].VersionId, bypassGovernance: true));
    }

    private static async Task<IReadOnlyList<StoredObject>> StoredAsync(IObjectStore store, string bucket, string session)
    {
        var found = new List<StoredObject>();
        await foreach (var listed in store.ListAsync(bucket, "acme/", TestContext.Current.CancellationToken))
        {
            if (listed.Key.Contains(session, StringComparison.Ordinal)) found.Add((await store.HeadAsync(bucket, listed.Key, TestContext.Current.CancellationToken))!);
        }

        return found;
    }
}
