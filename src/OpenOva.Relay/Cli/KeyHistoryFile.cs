using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Cli;

/// <summary>An organisation's key history as it lies in the folder of keys: read without the keys themselves.</summary>
internal static class KeyHistoryFile
{
    /// <summary>Null: there are no keys of that organisation there.</summary>
    /// <exception cref="IOException">It cannot be read, or is not right.</exception>
    public static async Task<KeyHistory?> ReadAsync(string folder, string organisation, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, organisation, "history.jws");
        try
        {
            return KeyHistory.Parse(await File.ReadAllBytesAsync(path, cancellation), path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (EvidenceFormatException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public static async Task<int> MissingAsync(System.CommandLine.ParseResult parsed, string organisation)
    {
        await parsed.InvocationConfiguration.Error.WriteLineAsync(
            $"There are no keys of {organisation} in this data directory: they are made with the organisation's first evidence.");
        return ExitCode.Failed;
    }
}
