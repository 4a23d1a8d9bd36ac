using Amazon.Runtime;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>
/// A real S3 endpoint: RELAY_TEST_S3, with a folder of identities RELAY_TEST_S3_IDENTITIES, each NAME/access-key and NAME/secret-key. A class that uses it as its
/// fixture has a bucket of its own there.
/// </summary>
public sealed class S3Lab : IAsyncLifetime
{
    public string Bucket { get; } = $"t{Guid.NewGuid():N}"[..20];

    public string OtherBucket => Bucket + "-e";

    public static string Endpoint
    {
        get
        {
            var endpoint = Environment.GetEnvironmentVariable("RELAY_TEST_S3");
            Assert.SkipWhen(string.IsNullOrEmpty(endpoint), "s3: RELAY_TEST_S3 is not set");
            return endpoint!;
        }
    }

    internal static AWSCredentials Administrator => new S3Credentials("administrator", Files("admin"), TimeProvider.System);

    internal static S3Options Options(Action<S3Options>? change = null)
    {
        var options = new S3Options { Endpoint = Endpoint };
        foreach (var duty in Enum.GetValues<S3Duty>())
        {
            var files = Files(duty.ToString().ToLowerInvariant());
            (options.IdentityOf(duty).AccessKeyFile, options.IdentityOf(duty).SecretKeyFile) = (files.AccessKeyFile, files.SecretKeyFile);
        }

        change?.Invoke(options);
        return options;
    }

    internal S3ObjectStore Open(Action<S3Options>? change = null) => new(Options(change), [Bucket], TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("RELAY_TEST_S3"))) return;
        using var connection = new S3Connection(Options(), TimeProvider.System);
        var steps = await new S3BucketSetup(connection, Administrator).RunAsync([Bucket, OtherBucket], S3Principals.Default, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(steps, step => step.Failed);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static S3IdentityOptions Files(string name)
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable("RELAY_TEST_S3_IDENTITIES") ?? "", name);
        return new S3IdentityOptions { AccessKeyFile = Path.Combine(folder, "access-key"), SecretKeyFile = Path.Combine(folder, "secret-key") };
    }
}
