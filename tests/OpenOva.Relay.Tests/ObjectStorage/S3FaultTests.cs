using System.Security.Cryptography;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>What a network and a failing store do, between the store's client and a real endpoint.</summary>
[Trait("Kind", "Real")]
public sealed class S3FaultTests(S3Lab lab) : IClassFixture<S3Lab>, IAsyncLifetime
{
    private const string SlowDown = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly string _key = $"t{Guid.NewGuid():N}";
    private FaultyHttpProxy? _proxy;
    private S3ObjectStore? _store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FaultyHttpProxy Proxy => _proxy!;

    private S3ObjectStore Store => _store!;

    public ValueTask InitializeAsync()
    {
        _proxy = FaultyHttpProxy.Start(new Uri(S3Lab.Endpoint));
        _store = Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _store?.Dispose();
        if (_proxy is not null) await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Put_ReplyLost_MeetsItsOwnObject()
    {
        Proxy.Plan(HttpFault.LoseReply, 1, IsPut);

        await Assert.ThrowsAsync<ObjectAlreadyExistsException>(() => PutAsync([1, 2, 3]));

        var found = await Store.HeadAsync(lab.Bucket, _key, Cancellation);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([1, 2, 3])), found?.Sha256);
        Assert.Equal(2, Proxy.Requests.Count(IsPut));
        using var direct = lab.Open();
        Assert.Equal(found?.VersionId, await direct.FirstVersionAsync(lab.Bucket, _key, Cancellation));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Put_AnsweredBusyTwice_SucceedsAtTheThird(int status)
    {
        Proxy.Plan(HttpFault.Answer(status, SlowDown), 2, IsPut);

        var put = await PutAsync(new byte[100_000]);

        Assert.Equal(put, await Store.HeadAsync(lab.Bucket, _key, Cancellation));
        Assert.Equal(3, Proxy.Requests.Count(IsPut));
    }

    [Fact]
    public async Task Put_BusyForLonger_IsUnavailableAfterBoundedAttempts()
    {
        Proxy.Plan(HttpFault.Answer(503, SlowDown), 100, IsPut);

        var failed = await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => PutAsync([1]));

        Assert.Equal(4, Proxy.Requests.Count(IsPut));
        Assert.Contains("503 SlowDown", failed.Message, StringComparison.Ordinal);
        Assert.Contains("whether it took place is unknown", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_BrokenOffUnderway_IsSentAgainWhole()
    {
        var bytes = RandomNumberGenerator.GetBytes(1 << 20);
        Proxy.Plan(HttpFault.CutRequest(300_000), 1, IsPut);

        await PutAsync(bytes);

        Assert.Equal(bytes, await Store.GetBytesAsync(lab.Bucket, _key, bytes.Length, Cancellation));
    }

    [Fact]
    public async Task Put_DamagedUnderway_IsRefusedByTheStoreAndSentAgain()
    {
        Proxy.Plan(HttpFault.FlipRequestBit, 1, IsPut);

        await PutAsync([1, 2, 3]);

        Assert.Equal(2, Proxy.Requests.Count(IsPut));
        Assert.Equal([1, 2, 3], await Store.GetBytesAsync(lab.Bucket, _key, 3, Cancellation));
    }

    [Fact]
    public async Task Put_DamagedEveryTime_IsAChecksumFailureAndNothingIsStored()
    {
        Proxy.Plan(HttpFault.FlipRequestBit, 100, IsPut);

        await Assert.ThrowsAsync<ObjectChecksumException>(() => PutAsync([1, 2, 3]));

        Assert.Null(await Store.HeadAsync(lab.Bucket, _key, Cancellation));
    }

    [Fact]
    public async Task Put_CallersStreamFails_IsTheCallersFailure()
    {
        await using var failing = new FailingStream();

        await Assert.ThrowsAsync<InvalidDataException>(() =>
            Store.PutIfAbsentAsync(lab.Bucket, _key, failing, Convert.ToHexStringLower(SHA256.HashData(new byte[1000])), null, Cancellation).WaitAsync(Bound, Cancellation));

        Assert.Null(await Store.HeadAsync(lab.Bucket, _key, Cancellation));
    }

    [Fact]
    public async Task Store_Slow_IsWaitedForWhileItAnswersInTime()
    {
        Proxy.Plan(HttpFault.Delay(TimeSpan.FromMilliseconds(300)), 3);

        var put = await PutAsync([1]);

        Assert.Equal(put, await Store.HeadAsync(lab.Bucket, _key, Cancellation));
    }

    [Fact]
    public async Task Store_SaysNothing_IsUnavailableInTime()
    {
        using var store = Open(options => (options.StallTimeout, options.MaxAttempts) = (TimeSpan.FromMilliseconds(300), 2));
        Proxy.Plan(HttpFault.Hang, 2);

        var failed = await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => store.HeadAsync(lab.Bucket, _key, Cancellation).WaitAsync(Bound, Cancellation));

        Assert.Contains("did not go on in time", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_RefusesConnectionsAndReturns_IsUsedAgain()
    {
        await Proxy.RefuseAsync();
        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => Store.ProbeAsync(Cancellation).WaitAsync(Bound, Cancellation));
        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => PutAsync([1]));

        Proxy.Accept();

        await Store.ProbeAsync(Cancellation);
        await PutAsync([1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_BodyCut_IsNoEnd(bool synchronous)
    {
        await PutAsync(new byte[500_000]);
        Proxy.Plan(HttpFault.CutReply(100_000), 1, IsReading);

        await using var opened = await Store.GetAsync(lab.Bucket, _key, null, Cancellation);

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => ReadAllAsync(opened.Content, synchronous));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_BodyStandsStill_IsUnavailableInTime(bool synchronous)
    {
        using var store = Open(options => options.StallTimeout = TimeSpan.FromMilliseconds(300));
        await PutAsync(new byte[500_000]);
        Proxy.Plan(HttpFault.StallReply(100_000), 1, IsReading);

        await using var opened = await store.GetAsync(lab.Bucket, _key, null, Cancellation);

        var failed = await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => ReadAllAsync(opened.Content, synchronous));
        Assert.Contains("sent nothing for", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_AnswerIsNoS3_IsUnavailable()
    {
        Proxy.Plan(HttpFault.Answer(200, "<html>Welcome to nginx!</html>", "text/html"), 100);

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(async () =>
            await Store.ListAsync(lab.Bucket, "", Cancellation).FirstOrDefaultAsync(Cancellation).AsTask().WaitAsync(Bound, Cancellation));
    }

    [Fact]
    public async Task Caller_Cancels_IsCancelledAtOnce()
    {
        using var cancelling = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        Proxy.Plan(HttpFault.Hang);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.HeadAsync(lab.Bucket, _key, cancelling.Token).WaitAsync(Bound, Cancellation));
    }

    [Fact]
    public async Task Keys_ReplacedWhileRunning_AreUsedWithoutARestart()
    {
        using var folder = new KeyFolder(S3Lab.Options().Writer);
        using var store = Open(options => (options.Writer.AccessKeyFile, options.Writer.SecretKeyFile) = (folder.AccessKeyFile, folder.SecretKeyFile));
        await store.ProbeAsync(Cancellation);
        folder.Write("RELAYUNKNOWNKEY", "not-the-secret-of-anybody");
        store.Connection.CredentialsOf(S3Duty.Writer).Refresh();

        var refused = await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => store.ProbeAsync(Cancellation));
        folder.Restore();
        await store.ProbeAsync(Cancellation);

        Assert.Contains("Relay:ObjectStorage:S3:Writer", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("RELAYUNKNOWNKEY", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_AnswerQuotesWhatWasSigned_TellsNoneOfIt()
    {
        var writer = Store.Connection.CredentialsOf(S3Duty.Writer).GetCredentials();
        Proxy.Plan(
            HttpFault.Answer(403, $"""
                <Error><Code>SignatureDoesNotMatch</Code><Message>Key {writer.AccessKey} secret {writer.SecretKey}</Message>
                <AWSAccessKeyId>{writer.AccessKey}</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 quoted</StringToSign><SignatureProvided>abcdef</SignatureProvided></Error>
                """),
            100, IsPut);

        var failed = await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => PutAsync([1]));

        Assert.Contains("SignatureDoesNotMatch", failed.Message, StringComparison.Ordinal);
        Assert.All([writer.AccessKey, writer.SecretKey, "AWS4-HMAC", "abcdef"], secret => Assert.DoesNotContain(secret, failed.ToString(), StringComparison.Ordinal));
    }

    private static bool IsPut(string request) => request.StartsWith("PUT ", StringComparison.Ordinal);

    private bool IsReading(string request) => request.StartsWith($"GET /{lab.Bucket}/{_key}", StringComparison.Ordinal);

    private S3ObjectStore Open(Action<S3Options>? change = null) => lab.Open(options =>
    {
        options.Endpoint = Proxy.Address.ToString();
        options.RetryPause = TimeSpan.FromMilliseconds(10);
        change?.Invoke(options);
    });

    private Task<StoredObject> PutAsync(byte[] bytes) => Store.PutIfAbsentAsync(lab.Bucket, _key, bytes, null, Cancellation).WaitAsync(Bound, Cancellation);

    private static Task ReadAllAsync(Stream content, bool synchronous) =>
        Task.Run(() =>
        {
            if (!synchronous) return content.CopyToAsync(Stream.Null, Cancellation);
            content.CopyTo(Stream.Null);
            return Task.CompletedTask;
        }).WaitAsync(Bound, Cancellation);

    private sealed class FailingStream() : MemoryStream(new byte[1000])
    {
        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidDataException("the source failed");

        public override int Read(Span<byte> buffer) => throw new InvalidDataException("the source failed");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new InvalidDataException("the source failed");
    }

    private sealed class KeyFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-keys-");
        private readonly S3IdentityOptions _real;

        public KeyFolder(S3IdentityOptions real)
        {
            _real = real;
            Restore();
        }

        public string AccessKeyFile => Path.Combine(_folder.FullName, "access-key");

        public string SecretKeyFile => Path.Combine(_folder.FullName, "secret-key");

        public void Restore() => Write(File.ReadAllText(_real.AccessKeyFile), File.ReadAllText(_real.SecretKeyFile));

        public void Write(string access, string secret)
        {
            File.WriteAllText(AccessKeyFile, access);
            File.WriteAllText(SecretKeyFile, secret + "\n");
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
