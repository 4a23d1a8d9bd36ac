using System.Text;
using System.Security.Cryptography;

namespace OpenOva.Relay.Guacamole;

/// <summary>
/// guacd asking the owner for what it was not given, from version 1.3.0:
/// <code>
/// guacd required,&lt;name&gt;...
/// we   argv,&lt;stream&gt;,text/plain,&lt;name&gt;  blob,&lt;stream&gt;,&lt;base64&gt;...  end,&lt;stream&gt;    for each name
/// </code>
/// </summary>
public sealed partial class GuacdConnection
{
    /// <summary>The names that a <c>required</c> asks for; empty for any other instruction.</summary>
    public static IReadOnlyList<string> ReadRequired(in Instruction instruction) =>
        instruction.Is(Opcodes.Required) ? instruction.ToStrings()[1..] : [];

    /// <summary>Answers one name of a <c>required</c>. The value's copies made here are zeroed once sent.</summary>
    /// <param name="stream">An index of the user's own that is not in use, 0 to 63.</param>
    /// <param name="name">The name asked for.</param>
    /// <param name="value">Its value.</param>
    /// <param name="cancellationToken">Gives up; the answer may then be cut short.</param>
    /// <exception cref="GuacdException">The link broke: <see cref="GuacdFailure.ConnectionLost"/>.</exception>
    public async Task AnswerRequiredAsync(int stream, string name, string value, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stream);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stream, 63);
        ArgumentNullException.ThrowIfNull(value);

        var bytes = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(value), pinned: true);
        Encoding.UTF8.GetBytes(value, bytes);
        await _sending.WaitAsync(cancellationToken);
        try
        {
            using (var buffer = new ZeroedBuffer(HandshakeCapacity))
            {
                InstructionWriter.WriteArgv(buffer, stream, "text/plain", name);
                await SendNowAsync(buffer, cancellationToken);
            }
            for (var sent = 0; sent < bytes.Length; sent += GuacamoleLimits.MaxBlobBytes)
            {
                using var buffer = new ZeroedBuffer(HandshakeCapacity);
                InstructionWriter.WriteBlob(buffer, stream, bytes.AsSpan(sent, Math.Min(GuacamoleLimits.MaxBlobBytes, bytes.Length - sent)));
                await SendNowAsync(buffer, cancellationToken);
            }
            using (var buffer = new ZeroedBuffer(HandshakeCapacity))
            {
                InstructionWriter.WriteEnd(buffer, stream);
                await SendNowAsync(buffer, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw Lost(exception);
        }
        finally
        {
            _sending.Release();
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
