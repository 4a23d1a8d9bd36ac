using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>The answer: headers, messages, status. The handler and the deadline may both want to end it; whoever takes the lock first does.</summary>
internal sealed partial class HttpServerCall
{
    /// <summary>Messages that a handler asked to be held back (WriteFlags.BufferHint) are held up to this many bytes.</summary>
    private const int MostHeldBack = 64 * 1024;

    private readonly SemaphoreSlim _response = new(1, 1);
    private ICompressionProvider? _compression;
    private bool _ended;

    private HttpResponse Response => HttpContext.Response;

    public bool HasEnded => _ended;

    /// <summary>Writes a message and waits until the transport takes it: this is where a slow reader holds the handler back.</summary>
    public async Task WriteAsync<T>(
        T message, Action<T, SerializationContext> serialize, WriteOptions? options, bool flush, CancellationToken cancellationToken)
    {
        CancellationTokenCore.ThrowIfCancellationRequested();
        var flags = (options ?? WriteOptionsCore)?.Flags ?? default;
        var compression = flags.HasFlag(WriteFlags.NoCompress) ? null : _compression;
        using var frame = MessageWriter.Frame(message, serialize, compression, Settings.CompressionLevel, Settings.MaxSendMessageSize);
        await _response.WaitAsync(cancellationToken);
        try
        {
            CancellationTokenCore.ThrowIfCancellationRequested();
            if (_ended) throw new InvalidOperationException("Can't write the message because the request is complete.");
            // Without this the response would not count as started before the first flush, and the status would go into headers that are
            // gone by then.
            if (!Response.HasStarted) await Response.StartAsync(CancellationToken.None);
            Response.BodyWriter.Write(frame.Written.Span);
            var hold = !flush || (flags.HasFlag(WriteFlags.BufferHint) && Response.BodyWriter.UnflushedBytes < MostHeldBack);
            if (!hold) await FlushAsync(cancellationToken);
        }
        finally
        {
            _response.Release();
        }
    }

    /// <summary>Ends the call, unless its deadline has done so.</summary>
    public async Task EndAsync(Status status)
    {
        await StopDeadlineAsync();
        await _response.WaitAsync(CancellationToken.None);
        try
        {
            if (_ended) return;
            _ended = true;
            SetStatus(status);
        }
        catch (Exception e)
        {
            GrpcServerLog.AnswerFailed(_logger, MethodCore, e);
            HttpContext.Abort();
        }
        finally
        {
            _response.Release();
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        await _response.WaitAsync(CancellationTokenCore);
        try
        {
            if (Response.HasStarted || _ended) throw new InvalidOperationException("Response headers can only be sent once per call.");
            foreach (var entry in responseHeaders)
            {
                if (entry.Key == GrpcHeaders.InternalEncodingRequest) UseEncoding(entry.Value);
                else AppendTo(Response.Headers, entry);
            }

            await Response.StartAsync(CancellationToken.None);
            await FlushAsync(CancellationToken.None);
        }
        finally
        {
            _response.Release();
        }
    }

    private void PrepareResponse()
    {
        Response.ContentType = GrpcHeaders.ContentType;
        if (RequestEncoding is { } encoding and not GrpcHeaders.Identity && Settings.Encodings.Find(encoding) is null)
            Response.Headers[GrpcHeaders.AcceptEncoding] = Settings.Encodings.Names;
        if (Settings.ResponseEncoding is { } configured) UseEncoding(configured);
    }

    private void UseEncoding(string encoding)
    {
        var accepted = MessageEncodings.Lists(HttpContext.Request.Headers[GrpcHeaders.AcceptEncoding], encoding);
        _compression = accepted ? Settings.Encodings.Find(encoding) : null;
        if (_compression is null) Response.Headers.Remove(GrpcHeaders.Encoding);
        else Response.Headers[GrpcHeaders.Encoding] = encoding;
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        // The transport aborts the stream when a flush's token fires, so the write's own token cancels the wait in a way that it survives.
        FlushResult result;
        using (cancellationToken.CanBeCanceled ? cancellationToken.Register(Response.BodyWriter.CancelPendingFlush) : default)
            result = await Response.BodyWriter.FlushAsync(CancellationToken.None);
        if (result.IsCanceled || result.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new OperationCanceledException("The call was cancelled before the message was sent.", CancellationTokenCore);
        }
    }

    private void SetStatus(Status status)
    {
        StatusCore = status;
        _activity?.AddTag("grpc.status_code", ((int)status.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var started = Response.HasStarted;
        var target = started
            ? HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : Response.Headers;
        target[GrpcHeaders.Status] = ((int)status.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail)) target[GrpcHeaders.Message] = StatusMessage.Encode(status.Detail);
        if (_responseTrailers is not null)
            foreach (var entry in _responseTrailers) AppendTo(target, entry);
    }

    private static void AppendTo(IHeaderDictionary headers, Metadata.Entry entry)
    {
        if (GrpcHeaders.IsReserved(entry.Key)) return;
        headers.Append(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.Bytes) : entry.Value);
    }
}
