using System.IO.Compression;
using Grpc.Net.Compression;
using Grpc.Protocol;

namespace Grpc.AspNetCore.Server;

/// <summary>The options of all services and of one, resolved for a method.</summary>
internal sealed class MethodSettings
{
    public MethodSettings(GrpcServiceOptions all, GrpcServiceOptions service)
    {
        MaxSendMessageSize = service.MaxSendMessageSizeSpecified ? service.MaxSendMessageSize : all.MaxSendMessageSize;
        MaxReceiveMessageSize = service.MaxReceiveMessageSizeSpecified ? service.MaxReceiveMessageSize : all.MaxReceiveMessageSize;
        DetailedErrors = service.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false;
        CompressionLevel = service.ResponseCompressionLevel ?? all.ResponseCompressionLevel;
        SuppressCreatingService = service.SuppressCreatingService;
        Interceptors = [.. all.Interceptors, .. service.Interceptors];

        List<ICompressionProvider> providers = [.. all.CompressionProviders, .. service.CompressionProviders];
        Encodings = providers.Count == 0 ? MessageEncodings.Default : new MessageEncodings(providers);
        ResponseEncoding = service.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm;
        if (ResponseEncoding is not (null or GrpcHeaders.Identity) && Encodings.Find(ResponseEncoding) is null)
        {
            throw new InvalidOperationException(
                $"The configured response compression algorithm '{ResponseEncoding}' does not have a matching compression provider.");
        }
    }

    public int? MaxSendMessageSize { get; }

    public int? MaxReceiveMessageSize { get; }

    public bool DetailedErrors { get; }

    public string? ResponseEncoding { get; }

    public CompressionLevel? CompressionLevel { get; }

    public MessageEncodings Encodings { get; }

    public bool SuppressCreatingService { get; }

    public IReadOnlyList<InterceptorRegistration> Interceptors { get; }
}
