using System.Text;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Connections;

/// <summary>
/// Secrets of one connection, for the handshake with guacd alone. No record and no collection, so that nothing prints or serialises its
/// values by accident.
/// </summary>
internal sealed class SecretValues(IReadOnlyDictionary<string, string> values)
{
    public IEnumerable<string> Names => values.Keys;

    public bool TryReveal(string parameter, out string? value) => values.TryGetValue(parameter, out value);

    public override string ToString() => nameof(SecretValues);
}

/// <summary>
/// Reads a connection's secrets when they are needed; nothing is kept. A file's one trailing line end is not part of the secret (editors
/// and <c>kubectl create secret --from-file</c> leave it there); anything else is taken as it stands.
/// </summary>
internal sealed class ConnectionSecrets(ILogger<ConnectionSecrets> log)
{
    private const int MaximumBytes = 64 * 1024;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The values of those of <paramref name="parameterNames"/> that the connection has a secret for.</summary>
    /// <exception cref="RelayException">CONNECTION_MISCONFIGURED: one of them cannot be read, is empty, too large or no text.</exception>
    public async Task<SecretValues> ReadAsync(Connection connection, IReadOnlyCollection<string> parameterNames, CancellationToken cancellation)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (var name in parameterNames.Distinct(StringComparer.Ordinal))
        {
            if (!connection.Secrets.TryGetValue(name, out var location))
                continue;
            var (value, fault) = location.File is { } file ? await FromFileAsync(file, cancellation) : FromEnvironment(location.Env!);
            fault ??= value switch
            {
                null or "" => "it is empty",
                _ when value.Contains('\0', StringComparison.Ordinal) => "it holds a NUL",
                _ => null,
            };
            if (fault is not null)
            {
                ConnectionsLog.SecretNotRead(log, connection.Organisation, connection.Name, name, location.File ?? location.Env!, fault);
                throw new RelayException(ErrorReason.ConnectionMisconfigured);
            }
            values[name] = value!;
        }
        return new SecretValues(values);
    }

    private static async Task<(string? Value, string? Fault)> FromFileAsync(string path, CancellationToken cancellation)
    {
        var buffer = new byte[MaximumBytes + 1];
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
            return length > MaximumBytes ? (null, "it is larger than 64 KiB") : (WithoutLineEnd(StrictUtf8.GetString(buffer, 0, length)), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, "it is no UTF-8 text");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, e.GetType().Name);
        }
        finally
        {
            Array.Clear(buffer);
        }
    }

    private static (string? Value, string? Fault) FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable(name) is not { } value ? (null, "it is not set")
        : value.Length > MaximumBytes ? (null, "it is larger than 64 KiB")
        : (value, null);

    private static string WithoutLineEnd(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}
