using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Protocol;

/// <summary>
/// Reads frames from a pipe. Not more than one message is held in memory, and never one over the limit, which is the most bytes that a
/// message may have on the wire and, again, decompressed (null for none). The encoding is the other side's grpc-encoding.
/// </summary>
internal sealed class MessageReader<T>(
    PipeReader pipe, Func<DeserializationContext, T> deserialize, MessageEncodings encodings, string? encoding, int? limit)
    where T : class
{
    /// <summary>The next message; null at the end of the stream.</summary>
    /// <exception cref="RpcException">The frame is malformed, incomplete, too large, or cannot be decompressed.</exception>
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            T? message = null;
            try
            {
                if (TryTake(ref rest, out var compressed, out var payload)) return message = Deserialize(payload, compressed);
                if (read.IsCanceled) throw new OperationCanceledException("The read was cancelled.");
                if (!read.IsCompleted) continue;
                return rest.IsEmpty ? null : throw ProtocolErrors.Incomplete();
            }
            finally
            {
                // Without a message everything has been examined, and the pipe must say so: otherwise the transport would open its window
                // no further, and a message larger than the window would never arrive.
                if (message is null) pipe.AdvanceTo(rest.Start, rest.End);
                else pipe.AdvanceTo(rest.Start);
            }
        }
    }

    /// <summary>The only message of a stream that has exactly one, read to the end of the stream.</summary>
    public async ValueTask<T?> ReadOnlyAsync(CancellationToken cancellationToken)
    {
        var message = await ReadAsync(cancellationToken);
        if (message is null) return null;
        // Only the end of the stream lets the server answer without resetting a request that is still being sent.
        var read = await pipe.ReadAsync(cancellationToken);
        while (read.Buffer.IsEmpty && !read.IsCompleted)
        {
            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await pipe.ReadAsync(cancellationToken);
        }

        var isEnd = read.Buffer.IsEmpty;
        pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        return isEnd ? message : throw ProtocolErrors.MoreThanOne();
    }

    private bool TryTake(ref ReadOnlySequence<byte> buffer, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        compressed = false;
        payload = default;
        if (buffer.Length < MessageWriter.PrefixLength) return false;
        Span<byte> prefix = stackalloc byte[MessageWriter.PrefixLength];
        buffer.Slice(0, MessageWriter.PrefixLength).CopyTo(prefix);
        if (prefix[0] > 1) throw ProtocolErrors.BadFlag();
        compressed = prefix[0] == 1;
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (limit ?? int.MaxValue)) throw ProtocolErrors.ReceivedTooLarge();
        if (buffer.Length < MessageWriter.PrefixLength + length) return false;
        payload = buffer.Slice(MessageWriter.PrefixLength, length);
        buffer = buffer.Slice(payload.End);
        return true;
    }

    private T Deserialize(ReadOnlySequence<byte> payload, bool compressed)
    {
        if (!compressed) return Parse(payload);
        if (encoding is null or GrpcHeaders.Identity) throw ProtocolErrors.CompressedWithoutEncoding();
        var provider = encodings.Find(encoding) ?? throw ProtocolErrors.UnsupportedEncoding(encoding, encodings.Names);
        using var plain = Decompress(payload, provider);
        return Parse(new ReadOnlySequence<byte>(plain.Written));
    }

    private T Parse(ReadOnlySequence<byte> payload)
    {
        try
        {
            return deserialize(new FrameDeserialization(payload));
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw ProtocolErrors.NotDeserialized(e);
        }
    }

    /// <summary>Decompresses no further than the limit: a few kilobytes may claim to be gigabytes.</summary>
    private PooledBuffer Decompress(ReadOnlySequence<byte> payload, ICompressionProvider provider)
    {
        var plain = new PooledBuffer((int)Math.Min(payload.Length * 2 + 64, 64 * 1024));
        try
        {
            using var stream = provider.CreateDecompressionStream(new SequenceStream(payload));
            while (true)
            {
                var count = stream.Read(plain.GetSpan(4096));
                if (count == 0) return plain;
                plain.Advance(count);
                if (plain.Length > (limit ?? int.MaxValue)) throw ProtocolErrors.ReceivedTooLarge();
            }
        }
        catch (Exception e)
        {
            plain.Dispose();
            throw e is RpcException ? e : ProtocolErrors.NotDecompressed(e);
        }
    }

    private sealed class FrameDeserialization(ReadOnlySequence<byte> payload) : DeserializationContext
    {
        public override int PayloadLength => (int)payload.Length;

        public override byte[] PayloadAsNewBuffer() => payload.ToArray();

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => payload;
    }
}
