using System.Text;

namespace OpenOva.Relay.Connections;

/// <summary>
/// Reads the folder's files as one consistent set. A mounted ConfigMap changes by swapping the symbolic link <c>..data</c>, and an editor
/// may write in steps: what differs from the set in use must be read twice alike, a debounce apart, before it counts.
/// </summary>
internal sealed class ResourceFolder(ConnectionsOptions options, TimeProvider time)
{
    private const int MaximumFileBytes = 1024 * 1024;
    private const int MaximumFiles = 2000;
    private const int Attempts = 10;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private SortedDictionary<string, string?>? _accepted;

    /// <summary>The files when they differ from what was accepted last; null when they do not.</summary>
    /// <exception cref="IOException">The folder cannot be read, or does not come to rest.</exception>
    public async Task<IReadOnlyList<ResourceFile>?> ReadChangedAsync(CancellationToken cancellation)
    {
        var texts = await ReadTextsAsync(cancellation);
        if (IsSame(texts, _accepted))
            return null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            await Task.Delay(options.Debounce, time, cancellation);
            var again = await ReadTextsAsync(cancellation);
            if (IsSame(texts, again))
            {
                _accepted = again;
                return [.. again.Select(file => Parse(file.Key, file.Value))];
            }
            texts = again;
        }
        throw new IOException($"{options.Folder} keeps changing while it is read.");
    }

    private ResourceFile Parse(string name, string? text) => text is null
        ? new ResourceFile(name, [], [new ResourceProblem(name, 1, 1, "", "is no UTF-8 text, or larger than 1 MiB", null, null, null)])
        : ResourceReader.Read(name, text, options);

    private async Task<SortedDictionary<string, string?>> ReadTextsAsync(CancellationToken cancellation)
    {
        SortedDictionary<string, string?> texts = new(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(options.Folder))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith('.') || Path.GetExtension(name) is not (".yaml" or ".yml"))
                continue;
            if (texts.Count == MaximumFiles)
                throw new IOException($"{options.Folder} holds more than {MaximumFiles} files.");
            texts[name] = await ReadTextAsync(path, cancellation);
        }
        return texts;
    }

    private static async Task<string?> ReadTextAsync(string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[MaximumFileBytes + 1];
        var length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        if (length > MaximumFileBytes)
            return null;
        try
        {
            return StrictUtf8.GetString(buffer, 0, length).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsSame(SortedDictionary<string, string?> left, SortedDictionary<string, string?>? right) => right is not null && left.SequenceEqual(right);
}
