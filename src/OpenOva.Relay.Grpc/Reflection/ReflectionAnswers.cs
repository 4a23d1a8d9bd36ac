using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Grpc.Reflection;

/// <summary>The answers of reflection, apart from its two versions, whose messages differ in name only.</summary>
internal sealed class ReflectionAnswers(IEnumerable<string> services, SymbolRegistry symbols)
{
    public static readonly (StatusCode Code, string Message) Unsupported =
        (StatusCode.Unimplemented, "Request type not supported by C# reflection service.");

    public ReflectionAnswers(IEnumerable<ServiceDescriptor> services)
        : this([.. services.Select(service => service.FullName)], SymbolRegistry.FromFiles(services.Select(service => service.File)))
    {
    }

    public IReadOnlyList<string> Services { get; } = [.. services];

    /// <summary>The file and all that it imports, serialized; null if it is unknown.</summary>
    public IEnumerable<ByteString>? FileByName(string name) => Closure(symbols.FileByName(name));

    /// <inheritdoc cref="FileByName" />
    public IEnumerable<ByteString>? FileContainingSymbol(string symbol) => Closure(symbols.FileContainingSymbol(symbol));

    private static List<ByteString>? Closure(FileDescriptor? file)
    {
        if (file is null) return null;
        var files = new List<FileDescriptor> { file };
        for (var i = 0; i < files.Count; i++)
            foreach (var dependency in files[i].Dependencies)
                if (!files.Contains(dependency)) files.Add(dependency);
        return [.. files.Select(each => each.SerializedData)];
    }
}
