using System.Net;

namespace Grpc.Net.Client;

/// <summary>One request, framed. Its length is not announced: it is the stream's end that counts.</summary>
internal sealed class FrameContent(byte[] frame) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        await stream.WriteAsync(frame, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>A stream of requests: hands the transport's stream to the writer and stays open until the writer, or the call, is done.</summary>
internal sealed class RequestStreamContent(CancellationToken aborted) : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The transport's stream, when it is open.</summary>
    public Task<Stream> OpenAsync(CancellationToken cancellationToken) => _stream.Task.WaitAsync(cancellationToken);

    /// <summary>Ends the stream.</summary>
    public void Complete() => _done.TrySetResult();

    /// <summary>Gives up a stream that has not ended.</summary>
    public void Release()
    {
        _stream.TrySetCanceled(aborted);
        _done.TrySetCanceled(aborted);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Without this the transport may hold the headers back until the first request, and the server would not learn of the call.
        await stream.FlushAsync(cancellationToken);
        _stream.TrySetResult(stream);
        await _done.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
