using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Transfers;

/// <summary>A stream that is let pass: what has passed is counted and hashed, and not kept. Not thread-safe.</summary>
internal sealed class OpenTransfer(TransferKind kind, TransferDirection direction, string mimetype, string? name, long openedUs) : IDisposable
{
    private readonly IncrementalHash? _hash = kind == TransferKind.Audio ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _size;

    public TransferKind Kind => kind;

    /// <summary>The receiver failed it: it is noted, and only its end may still pass.</summary>
    public bool IsOver { get; set; }

    /// <summary>Takes a blob's content. False: it is no base64, and guacd or a browser might read something else out of it than what is hashed here.</summary>
    /// <param name="base64">As it stands in the instruction.</param>
    /// <param name="scratch">Room for it decoded.</param>
    public bool TryAppend(ReadOnlySpan<byte> base64, Span<byte> scratch)
    {
        if (_hash is null) return true;
        var padding = base64.EndsWith("=="u8) ? 2 : base64.EndsWith("="u8) ? 1 : 0;
        if (base64.Length % 4 != 0 || Base64.DecodeFromUtf8(base64, scratch, out _, out var written) != OperationStatus.Done) return false;
        // The decoder forgives white space, others do not.
        if (written != base64.Length / 4 * 3 - padding) return false;
        _hash.AppendData(scratch[..written]);
        _size += written;
        return true;
    }

    /// <summary>What is noted of it. Of sound that was let pass, nothing is.</summary>
    public TransferNote? Note(TransferOutcome outcome, int status, long nowUs) => kind == TransferKind.Audio
        ? null
        : new(kind, direction, outcome, status, TransferNote.MimetypeOf(mimetype), name, _size, Convert.ToHexStringLower(_hash!.GetCurrentHash()), 1, openedUs, nowUs);

    public void Dispose() => _hash?.Dispose();
}
