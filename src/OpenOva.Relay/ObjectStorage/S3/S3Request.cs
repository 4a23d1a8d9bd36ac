namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>What is asked of the store, for its failure to be told.</summary>
/// <param name="What">In words that can start a sentence: "Storing".</param>
/// <param name="Key">Empty for a request about the bucket.</param>
internal sealed record S3Request(S3Duty Duty, string What, string Bucket, string Key)
{
    /// <summary>It takes a connection for as long as somebody reads.</summary>
    public bool IsReading { get; init; }

    /// <summary>After an answer that got lost nobody knows whether it took place.</summary>
    public bool IsChange { get; init; }

    public string Name => Key.Length == 0 ? Bucket : $"{Bucket}/{Key}";
}

/// <summary>One sending of a request: cancelled when it stands still for too long.</summary>
internal sealed class S3Attempt : IDisposable
{
    private readonly CancellationTokenSource _stall;
    private readonly CancellationTokenSource _both;
    private readonly TimeSpan _timeout;

    public S3Attempt(TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        _timeout = timeout;
        _stall = new CancellationTokenSource(timeout, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_stall.Token, cancellation);
    }

    public CancellationToken Token => _both.Token;

    public bool Stalled => _stall.IsCancellationRequested;

    /// <summary>Bytes moved: the time that it may stand still begins again.</summary>
    public void Progress() => _stall.CancelAfter(_timeout);

    public void Dispose()
    {
        _both.Dispose();
        _stall.Dispose();
    }
}
