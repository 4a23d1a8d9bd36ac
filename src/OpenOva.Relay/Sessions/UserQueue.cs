using System.Buffers;
using System.Threading.Channels;

namespace OpenOva.Relay.Sessions;

/// <summary>Output that waits for the person to read it, in bytes bounded. Whoever drains guacd never waits for him: a full queue cuts him off instead.</summary>
internal sealed class UserQueue(int maxBytes)
{
    private readonly Channel<(byte[] Buffer, int Length)> _channel = Channel.CreateUnbounded<(byte[], int)>(
        new UnboundedChannelOptions { SingleReader = true });

    private long _waiting;

    /// <summary>False: the queue is full, and the person is too slow.</summary>
    public bool TryAdd(ReadOnlySpan<byte> instructions)
    {
        if (instructions.IsEmpty) return true;
        if (Interlocked.Add(ref _waiting, instructions.Length) > maxBytes)
        {
            Interlocked.Add(ref _waiting, -instructions.Length);
            return false;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(instructions.Length);
        instructions.CopyTo(buffer);
        return _channel.Writer.TryWrite((buffer, instructions.Length));
    }

    /// <summary>Nothing more will be added; what waits is still written.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Writes until the queue is complete and empty.</summary>
    public async Task WriteToAsync(IUserLink link, CancellationToken cancellation)
    {
        await foreach (var (buffer, length) in _channel.Reader.ReadAllAsync(cancellation))
        {
            try
            {
                await link.WriteAsync(buffer.AsMemory(0, length), cancellation);
            }
            finally
            {
                Interlocked.Add(ref _waiting, -length);
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
