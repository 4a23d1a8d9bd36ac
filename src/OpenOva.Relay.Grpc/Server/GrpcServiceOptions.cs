using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>How gRPC services are served. What a service sets itself goes before what is set for all.</summary>
public class GrpcServiceOptions
{
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    private int? _maxSendMessageSize;
    private int? _maxReceiveMessageSize = DefaultMaxReceiveMessageSize;

    /// <summary>The most bytes that a response message may have before compression; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSendMessageSize;
        set => (_maxSendMessageSize, MaxSendMessageSizeSpecified) = (value, true);
    }

    /// <summary>Whether <see cref="MaxSendMessageSize"/> has been set, also to null.</summary>
    public bool MaxSendMessageSizeSpecified { get; private set; }

    /// <summary>The most bytes that a request message may have, on the wire and decompressed; 4 MiB by default, null for no limit.</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceiveMessageSize;
        set => (_maxReceiveMessageSize, MaxReceiveMessageSizeSpecified) = (value, true);
    }

    /// <summary>Whether <see cref="MaxReceiveMessageSize"/> has been set, also to null.</summary>
    public bool MaxReceiveMessageSizeSpecified { get; private set; }

    /// <summary>Whether the text of an unexpected exception goes to the client. False by default: exceptions may hold secrets.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>The encoding of responses to clients that accept it, such as "gzip"; null, the default, for none.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>How hard responses are compressed; null for the provider's default.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>The encodings at hand: gzip and deflate by default.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; internal set; } = [];

    /// <summary>Whether a call of an unknown service or method gets HTTP 404 instead of the status UNIMPLEMENTED. False by default.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>What stands around every handler; the first is outermost.</summary>
    public InterceptorCollection Interceptors { get; } = [];

    /// <summary>Whether no service object is made for a call, because handlers need none.</summary>
    public bool SuppressCreatingService { get; set; }
}

/// <summary>How one service is served.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
