using System.Buffers;
using System.Security.Cryptography;

namespace OpenOva.Relay.Guacamole;

/// <summary>
/// Room for a few instructions that hold secrets. It never moves what was written and zeroes all of it in the end, which the pooled
/// memory of a pipe does not.
/// </summary>
internal sealed class ZeroedBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
    private int _written;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _written);

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_bytes.Length - _written < sizeHint)
            throw new ArgumentException("More than the buffer was made for.");
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
