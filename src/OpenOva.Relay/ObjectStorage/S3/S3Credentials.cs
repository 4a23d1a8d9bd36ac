using Amazon.Runtime;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>One identity's keys, read from their files again every few seconds, and at once when the store has refused them.</summary>
internal sealed class S3Credentials(string name, S3IdentityOptions files, TimeProvider time) : AWSCredentials
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private readonly Lock _reading = new();
    private ImmutableCredentials? _current;
    private long _looked;

    /// <exception cref="ObjectStoreUnavailableException">A file cannot be read, and no keys were read before.</exception>
    public override ImmutableCredentials GetCredentials()
    {
        lock (_reading)
        {
            if (_current is null || time.GetElapsedTime(_looked) >= LookEvery) Read();
            return _current!;
        }
    }

    /// <summary>Reads the files again; true when they hold other keys than those that were used last.</summary>
    public bool Refresh()
    {
        lock (_reading)
        {
            var before = _current;
            Read();
            return before is null || before.AccessKey != _current!.AccessKey || before.SecretKey != _current.SecretKey;
        }
    }

    private void Read()
    {
        _looked = time.GetTimestamp();
        try
        {
            var (access, secret) = (File.ReadAllText(files.AccessKeyFile).Trim(), File.ReadAllText(files.SecretKeyFile).Trim());
            if (access.Length == 0 || secret.Length == 0) throw new IOException("A key file is empty.");
            if (_current is null || _current.AccessKey != access || _current.SecretKey != secret) _current = new ImmutableCredentials(access, secret, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // While a secret is being replaced its files may be away for a moment; the old keys count until the store refuses them.
            if (_current is null)
                throw new ObjectStoreUnavailableException($"The key files of {name} cannot be read: {exception.Message}", exception);
        }
    }
}
