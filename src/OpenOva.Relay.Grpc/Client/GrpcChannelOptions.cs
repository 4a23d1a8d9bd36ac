using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a channel reaches its server.</summary>
public sealed class GrpcChannelOptions
{
    private const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>The channel's security; null, the default, for what the address's scheme says.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>The most bytes that a request message may have before compression; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The most bytes that a response message may have, on the wire and decompressed; 4 MiB by default, null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = DefaultMaxReceiveMessageSize;

    /// <summary>The encodings at hand; null, the default, for gzip and deflate.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Where the channel logs; null, the default, for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>The HTTP client to use; not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>The HTTP handler to use, such as one with client certificates; not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the client or handler given to it. False by default.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether calls cancelled on this side throw <see cref="OperationCanceledException"/> and not <see cref="RpcException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials also go over cleartext, where anyone on the way can read them. False by default.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Where the channel finds a <see cref="TimeProvider"/> for deadlines and a logger factory.</summary>
    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>The HTTP version; null, the default, for 2.0.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>How strictly the version is meant; null, the default, for exactly, without which cleartext HTTP/2 is not spoken.</summary>
    public HttpVersionPolicy? HttpVersionPolicy { get; set; }
}
