using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace OpenOva.Relay.Grpc.Tests.Hosting;

/// <summary>Calls with nothing between the test and HTTP/2: any bytes out, and what came back as it came.</summary>
internal sealed class RawCall : IDisposable
{
    public const string Unary = "/grpc.testing.TestService/UnaryCall";
    public const string Input = "/grpc.testing.TestService/StreamingInputCall";
    public const string Output = "/grpc.testing.TestService/StreamingOutputCall";
    public const string Duplex = "/grpc.testing.TestService/FullDuplexCall";

    private readonly HttpMessageInvoker _http;

    public RawCall(Uri address, int? window = null)
    {
        Address = address;
        var handler = new SocketsHttpHandler();
        if (window is not null) handler.InitialHttp2StreamWindowSize = window.Value;
        _http = new HttpMessageInvoker(handler);
    }

    public Uri Address { get; }

    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message, byte flag = 0) => Frame(message.ToByteArray(), flag);

    public Task<RawResponse> SendAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        SendAsync(path, new ByteArrayContent(body), headers);

    public async Task<RawResponse> SendAsync(string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var response = await OpenAsync(path, content, headers);
        return await RawResponse.ReadAsync(response).Within();
    }

    /// <summary>The response as soon as its headers are there.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, path))
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content,
        };
        request.Content.Headers.ContentType ??= new MediaTypeHeaderValue("application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await _http.SendAsync(request, TestContext.Current.CancellationToken).Within();
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What came back.</summary>
internal sealed record RawResponse(HttpStatusCode Http, HttpResponseHeaders Headers, byte[] Body, HttpResponseHeaders Trailers)
{
    public string? Status => Value("grpc-status");

    public string? Message => Value("grpc-message");

    public bool IsTrailersOnly => Headers.Contains("grpc-status") && Body.Length == 0 && !Trailers.Any();

    public static async Task<RawResponse> ReadAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new RawResponse(response.StatusCode, response.Headers, body, response.TrailingHeaders);
    }

    public string? Value(string name) =>
        Trailers.TryGetValues(name, out var values) || Headers.TryGetValues(name, out values) ? string.Join(',', values) : null;
}

/// <summary>A request body that a test writes as it goes on.</summary>
internal sealed class OpenContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task WriteAsync(byte[] bytes)
    {
        var stream = await _stream.Task.Within();
        await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await stream.FlushAsync(TestContext.Current.CancellationToken);
    }

    public void End() => _end.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        _stream.TrySetResult(stream);
        await _end.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
