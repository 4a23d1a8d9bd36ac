using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Protocol;

namespace Grpc.Net.Client;

/// <summary>The HTTP exchange: request headers out, response headers, messages and trailers in.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>
{
    private static readonly string s_userAgent = $"grpc-relay/{typeof(GrpcChannel).Assembly.GetName().Version?.ToString(3)} (net{Environment.Version.ToString(2)})";

    private ICompressionProvider? _compression;
    private RequestStreamContent? _requests;
    private HttpResponseMessage? _http;

    public void StartUnary(TRequest request)
    {
        if (Arm()) _ = RunAsync(request, RespondOnceAsync);
    }

    public void StartServerStreaming(TRequest request)
    {
        if (Arm()) _ = RunAsync(request, RespondManyAsync);
    }

    public ClientStreamWriter<TRequest, TResponse> StartClientStreaming() => StartStream(RespondOnceAsync);

    public ClientStreamWriter<TRequest, TResponse> StartDuplexStreaming() => StartStream(RespondManyAsync);

    /// <summary>The frame of a request, compressed if the call is.</summary>
    public PooledBuffer Frame(TRequest request, WriteOptions? options)
    {
        var compression = options is not null && options.Flags.HasFlag(WriteFlags.NoCompress) ? null : _compression;
        return MessageWriter.Frame(request, _method.RequestMarshaller.ContextualSerializer, compression, null, _channel.MaxSendMessageSize);
    }

    /// <summary>Ends the call by its trailers, when all messages have been read.</summary>
    public Status EndByTrailers(TResponse? response = null)
    {
        var trailers = _http!.TrailingHeaders;
        var status = ResponseStatus.Read(trailers) ?? new Status(StatusCode.Cancelled, "No grpc-status found on response.");
        End(status, ResponseStatus.ReadMetadata(trailers), status.StatusCode is StatusCode.OK ? response : null);
        return GetStatus();
    }

    /// <summary>Ends the call by a failure of the transport or the framing.</summary>
    public Status EndByFailure(string what, Exception failure)
    {
        var status = failure is RpcException refused ? refused.Status : ResponseStatus.Of(what, failure);
        // A server resets the stream when the deadline passes there; that it has passed is all there is to know.
        if (status.StatusCode is StatusCode.Cancelled && Remaining <= TimeSpan.Zero)
            status = new Status(StatusCode.DeadlineExceeded, status.Detail, failure);
        End(status, []);
        return GetStatus();
    }

    private ClientStreamWriter<TRequest, TResponse> StartStream(Func<MessageReader<TResponse>, Task> respond)
    {
        _requests = new RequestStreamContent(_abort.Token);
        var writer = new ClientStreamWriter<TRequest, TResponse>(this, _requests);
        if (Arm()) _ = RunAsync(() => _requests, respond);
        return writer;
    }

    private Task RunAsync(TRequest request, Func<MessageReader<TResponse>, Task> respond) => RunAsync(
        () =>
        {
            using var frame = Frame(request, _options.WriteOptions);
            return new FrameContent(frame.Written.ToArray());
        },
        respond);

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The response is disposed when the call ends.")]
    private async Task RunAsync(Func<HttpContent> content, Func<MessageReader<TResponse>, Task> respond)
    {
        try
        {
            using var request = await CreateRequestAsync();
            request.Content = content();
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
            var http = _channel.Http is HttpClient client
                ? await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _abort.Token)
                : await _channel.Http.SendAsync(request, _abort.Token);
            lock (_gate)
            {
                if (_end is null) _http = http;
            }

            if (_http is null)
            {
                http.Dispose();
                return;
            }

            if (ResponseStatus.Refusal(http) is { } refused)
            {
                _headers.TrySetResult(ResponseStatus.ReadMetadata(http.Headers));
                End(refused.Status, refused.Trailers);
                return;
            }

            _headers.TrySetResult(ResponseStatus.ReadMetadata(http.Headers));
            await respond(await OpenAsync(http));
        }
        catch (Exception e)
        {
            EndByFailure("Error starting gRPC call.", e);
        }
    }

    private async Task<HttpRequestMessage> CreateRequestAsync()
    {
        var metadata = new Metadata();
        var address = new Uri(_channel.Address, _method.FullName);
        var serviceUrl = $"{_channel.Address.GetLeftPart(UriPartial.Authority)}/{_method.ServiceName}";
        var context = new AuthInterceptorContext(serviceUrl, _method.Name, _abort.Token);
        if (!await _channel.Security.AddCredentialsAsync(context, _options.Credentials, metadata))
            GrpcClientLog.CredentialsNotSent(_channel.Logger, _method.FullName);

        var request = new HttpRequestMessage(HttpMethod.Post, address) { Version = _channel.HttpVersion, VersionPolicy = _channel.HttpVersionPolicy };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, _channel.Encodings.Names);
        if (_host is not null) headers.Host = _host;
        if (Remaining < TimeSpan.MaxValue) headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(Remaining));
        foreach (var entry in metadata.Concat(_options.Headers ?? [])) Add(headers, entry);
        if (!headers.Contains("user-agent")) headers.TryAddWithoutValidation("user-agent", s_userAgent);
        return request;
    }

    private void Add(HttpRequestHeaders headers, Metadata.Entry entry)
    {
        if (entry.Key == GrpcHeaders.InternalEncodingRequest)
        {
            if (entry.Value == GrpcHeaders.Identity) return;
            _compression = _channel.Encodings.Find(entry.Value)
                ?? throw new InvalidOperationException($"Could not find compression provider for '{entry.Value}'.");
            headers.TryAddWithoutValidation(GrpcHeaders.Encoding, entry.Value);
            return;
        }

        if (GrpcHeaders.IsReserved(entry.Key)) return;
        if (!headers.TryAddWithoutValidation(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.Bytes) : entry.Value))
            throw new InvalidOperationException($"'{entry.Key}' is no metadata.");
    }

    private async Task<MessageReader<TResponse>> OpenAsync(HttpResponseMessage http)
    {
        var stream = await http.Content.ReadAsStreamAsync(_abort.Token);
        // Zero-byte reads: a stream that is idle for hours holds no buffer.
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, useZeroByteReads: true));
        var encoding = http.Headers.TryGetValues(GrpcHeaders.Encoding, out var values) ? values.First() : null;
        return new MessageReader<TResponse>(
            pipe, _method.ResponseMarshaller.ContextualDeserializer, _channel.Encodings, encoding, _channel.MaxReceiveMessageSize);
    }

    private async Task RespondOnceAsync(MessageReader<TResponse> responses)
    {
        var response = await responses.ReadOnlyAsync(_abort.Token);
        var status = ResponseStatus.Read(_http!.TrailingHeaders);
        if (response is null && status is { StatusCode: StatusCode.OK })
            End(new Status(StatusCode.Internal, "Failed to deserialize response message."), ResponseStatus.ReadMetadata(_http.TrailingHeaders));
        else
            EndByTrailers(response);
    }

    private Task RespondManyAsync(MessageReader<TResponse> responses)
    {
        _responses.TrySetResult(responses);
        return Task.CompletedTask;
    }
}
