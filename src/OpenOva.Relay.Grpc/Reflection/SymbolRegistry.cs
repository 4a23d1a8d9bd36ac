using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>Finds descriptors by file name and by symbol.</summary>
public class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> _files;
    private readonly Dictionary<string, FileDescriptor> _symbols;

    private SymbolRegistry(Dictionary<string, FileDescriptor> files, Dictionary<string, FileDescriptor> symbols)
    {
        _files = files;
        _symbols = symbols;
    }

    /// <summary>A registry of these files and what they import.</summary>
    public static SymbolRegistry FromFiles(IEnumerable<FileDescriptor> fileDescriptors)
    {
        ArgumentNullException.ThrowIfNull(fileDescriptors);
        var files = new Dictionary<string, FileDescriptor>(StringComparer.Ordinal);
        var symbols = new Dictionary<string, FileDescriptor>(StringComparer.Ordinal);
        foreach (var file in fileDescriptors) AddFile(file);
        return new SymbolRegistry(files, symbols);

        void AddFile(FileDescriptor file)
        {
            if (!files.TryAdd(file.Name, file)) return;
            foreach (var dependency in file.Dependencies) AddFile(dependency);
            foreach (var type in file.EnumTypes) Add(type);
            foreach (var type in file.MessageTypes) AddMessage(type);
            foreach (var service in file.Services)
            {
                Add(service);
                foreach (var method in service.Methods) Add(method);
            }
        }

        void AddMessage(MessageDescriptor message)
        {
            Add(message);
            foreach (var type in message.EnumTypes) Add(type);
            foreach (var type in message.NestedTypes) AddMessage(type);
        }

        void Add(IDescriptor descriptor) => symbols[descriptor.FullName] = descriptor.File;
    }

    /// <summary>The file of this name; null if there is none.</summary>
    public FileDescriptor? FileByName(string filename) => _files.GetValueOrDefault(filename);

    /// <summary>The file that declares this symbol; null if there is none.</summary>
    public FileDescriptor? FileContainingSymbol(string symbol) => _symbols.GetValueOrDefault(symbol);
}
