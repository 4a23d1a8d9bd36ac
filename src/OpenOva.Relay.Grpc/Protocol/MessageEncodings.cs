using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Protocol;

/// <summary>The encodings that one side of a call can read and write.</summary>
internal sealed class MessageEncodings
{
    public static readonly MessageEncodings Default = new(
        [new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)]);

    private readonly Dictionary<string, ICompressionProvider> _providers = new(StringComparer.Ordinal);

    public MessageEncodings(IEnumerable<ICompressionProvider> providers)
    {
        foreach (var provider in providers) _providers[provider.EncodingName] = provider;
        Names = string.Join(',', _providers.Keys.Prepend(GrpcHeaders.Identity));
    }

    /// <summary>The value of grpc-accept-encoding: "identity,gzip,deflate".</summary>
    public string Names { get; }

    public ICompressionProvider? Find(string name) => _providers.GetValueOrDefault(name);

    /// <summary>Whether a list such as "identity, deflate, gzip" names <paramref name="encoding"/>.</summary>
    public static bool Lists(string? list, string encoding)
    {
        foreach (var range in list.AsSpan().Split(','))
            if (list.AsSpan()[range].Trim().Equals(encoding, StringComparison.Ordinal)) return true;
        return false;
    }
}
