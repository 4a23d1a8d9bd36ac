using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;
using Amazon.S3;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>The endpoint: one client for each identity, bounded connections, bounded attempts, and failures in the store's own terms.</summary>
internal sealed class S3Connection : IDisposable
{
    private readonly S3Options _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _readings;
    private readonly HttpClient _others;
    private readonly Dictionary<S3Duty, (S3Credentials Credentials, AmazonS3Client Reading, AmazonS3Client Other)> _identities = [];

    public S3Connection(S3Options options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _readings = Http(options);
        _others = Http(options);
        foreach (var duty in Enum.GetValues<S3Duty>().Where(duty => options.IdentityOf(duty).IsConfigured))
        {
            var credentials = new S3Credentials($"{S3Options.Section}:{duty}", options.IdentityOf(duty), time);
            _identities[duty] = (credentials, Client(credentials, _readings), Client(credentials, _others));
        }
    }

    public bool Has(S3Duty duty) => _identities.ContainsKey(duty);

    /// <summary>A client that signs with other keys, or not at all: to see whether the store minds.</summary>
    public AmazonS3Client ClientOf(AWSCredentials credentials) => Client(credentials, _others);

    /// <summary>Sends a request as often as the options allow.</summary>
    /// <exception cref="ObjectStoreException">Why it failed, which side, and what to do.</exception>
    public async Task<T> SendAsync<T>(S3Request request, Func<IAmazonS3, S3Attempt, Task<T>> send, CancellationToken cancellation)
    {
        if (!_identities.TryGetValue(request.Duty, out var identity)) throw new ObjectStoreIdentityException($"{S3Options.Section}:{request.Duty}", request.What, request.Name);
        var client = request.IsReading ? identity.Reading : identity.Other;
        var (value, failure, sent) = await RetryAsync(client, identity.Credentials, send, cancellation);
        return failure is null ? value! : throw Told(failure, request, sent);
    }

    /// <summary>Sends as often as the options allow, as one of the identities, and tells how it failed.</summary>
    public async Task<(T? Value, S3Failure? Failure)> RetryAsync<T>(S3Duty duty, Func<IAmazonS3, S3Attempt, Task<T>> send, CancellationToken cancellation)
    {
        var (value, failure, _) = await RetryAsync(_identities[duty].Other, _identities[duty].Credentials, send, cancellation);
        return (value, failure);
    }

    /// <summary>Sends once, as whoever the client signs for, and tells how it failed.</summary>
    public async Task<(T? Value, S3Failure? Failure)> TryAsync<T>(IAmazonS3 client, Func<IAmazonS3, S3Attempt, Task<T>> send, CancellationToken cancellation)
    {
        using var attempt = new S3Attempt(_options.StallTimeout, _time, cancellation);
        try
        {
            var value = await send(client, attempt);

            // The SDK takes any 200 for an empty answer; every S3 server names its requests.
            if (value is not AmazonWebServiceResponse response || !string.IsNullOrEmpty(response.ResponseMetadata?.RequestId)) return (value, null);
            (value as IDisposable)?.Dispose();
            return (default, new S3Failure(S3FailureKind.Broken, "gave an answer that is not S3's: look for what stands between"));
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested && S3Failure.Of(exception, attempt) is { } failure)
        {
            return (default, failure);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    public AmazonS3Client ClientOf(S3Duty duty) => _identities[duty].Other;

    public S3Credentials CredentialsOf(S3Duty duty) => _identities[duty].Credentials;

    public void Dispose()
    {
        foreach (var (_, reading, other) in _identities.Values)
        {
            reading.Dispose();
            other.Dispose();
        }

        _readings.Dispose();
        _others.Dispose();
    }

    private async Task<(T? Value, S3Failure? Failure, int Sent)> RetryAsync<T>(
        AmazonS3Client client, S3Credentials credentials, Func<IAmazonS3, S3Attempt, Task<T>> send, CancellationToken cancellation)
    {
        for (int sent = 1, pauses = 0; ; sent++)
        {
            var (value, failure) = await TryAsync(client, send, cancellation);
            if (failure is null) return (value, null, sent);

            // Keys that were replaced a moment ago: once more with the new ones, without a pause.
            var refreshed = failure.Kind is S3FailureKind.KeysRefused or S3FailureKind.Denied && credentials.Refresh();
            if (sent >= _options.MaxAttempts || !(failure.MayPass || refreshed)) return (default, failure, sent);
            if (!refreshed) await Task.Delay(Pause(pauses++), _time, cancellation);
        }
    }

    private ObjectStoreException Told(S3Failure failure, S3Request request, int sent)
    {
        var which = $"{request.What} {request.Name}: the store at {_options.Endpoint} {failure.Detail}";
        return failure.Kind switch
        {
            S3FailureKind.NoBucket => new ObjectNotFoundException(request.Bucket, ""),
            S3FailureKind.NoObject => new ObjectNotFoundException(request.Bucket, request.Key),
            S3FailureKind.Exists => new ObjectAlreadyExistsException(request.Bucket, request.Key),
            S3FailureKind.OutOfRange => new ObjectRangeException(request.Bucket, request.Key),
            S3FailureKind.WrongHash => new ObjectChecksumException(
                request.Bucket, request.Key, $"the store received other bytes than were sent, {sent} times ({failure.Detail}); look for what changes requests on the way"),
            S3FailureKind.KeysRefused => new ObjectStoreUnavailableException(
                $"{which}: the keys of {S3Options.Section}:{request.Duty} do not count there, or the clocks differ by minutes. Check the key files and the time."),
            S3FailureKind.Denied => new ObjectStoreDeniedException(
                $"{which}: the identity {S3Options.Section}:{request.Duty} lacks this right in the bucket's policy."),
            S3FailureKind.Refused => new ObjectStoreUnavailableException($"{which} and will not take it again."),
            _ => new ObjectStoreUnavailableException(
                $"{which}, {sent} attempts{(request.IsChange ? "; whether it took place is unknown" : "")}.", failure.Inner),
        };
    }

    private TimeSpan Pause(int pauses)
    {
        var pause = Math.Min(_options.RetryPause.TotalMilliseconds * Math.Pow(2, pauses), _options.RetryCeiling.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(pause * (0.75 + (RandomNumberGenerator.GetInt32(501) / 1000.0)));
    }

    private AmazonS3Client Client(AWSCredentials credentials, HttpClient http) => new(credentials, new AmazonS3Config
    {
        ServiceURL = _options.Endpoint,
        ForcePathStyle = true,
        AuthenticationRegion = _options.Region,
        HttpClientFactory = new OneHttpClient(http),
        MaxErrorRetry = 0, // SendAsync does it, within the options' bounds and with rotated keys
        MaxStaleConnectionRetries = 0,
        ThrottleRetries = false,
        Timeout = Timeout.InfiniteTimeSpan,
        RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        DisableClockSkewCorrection = true,
        DisableLogging = true,
        IgnoreConfiguredEndpointUrls = true,
        DefaultConfigurationMode = DefaultConfigurationMode.Standard,
    });

    private static HttpClient Http(S3Options options)
    {
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = options.MaxConnections,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // follows the name to other addresses
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            MaxResponseDrainSize = 64 << 10, // the rest of an object that nobody reads any more is not worth waiting for
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(200),
        };
        if (options.CaFile.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.CaFile);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private sealed class OneHttpClient(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
