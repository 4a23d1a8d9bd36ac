using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Protocol;

/// <summary>
/// Turns messages into frames: one byte that says whether it is compressed, the length as four bytes big-endian, the message.
/// A whole frame is built before any of it is sent, so that a serializer that throws leaves the stream intact.
/// </summary>
internal static class MessageWriter
{
    public const int PrefixLength = 5;

    /// <summary>
    /// The frame of a message, compressed unless <paramref name="compression"/> is null; the caller disposes it. The limit is in bytes
    /// before compression, null for none.
    /// </summary>
    public static PooledBuffer Frame<T>(
        T message, Action<T, SerializationContext> serialize, ICompressionProvider? compression, CompressionLevel? level, int? limit)
    {
        using var context = new FrameSerialization(limit);
        serialize(message, context);
        var plain = context.Take();
        // A compressor writes nothing at all for an empty message, and no bytes are no gzip.
        if (compression is null || plain.Length == PrefixLength) return Prefixed(plain, compressed: false);
        using (plain)
        {
            var packed = new PooledBuffer(PrefixLength + plain.Length / 2);
            packed.GetSpan(PrefixLength);
            packed.Advance(PrefixLength);
            using (var stream = compression.CreateCompressionStream(new BufferWriterStream(packed), level))
                stream.Write(plain.Written.Span[PrefixLength..]);
            return Prefixed(packed, compressed: true);
        }
    }

    private static PooledBuffer Prefixed(PooledBuffer buffer, bool compressed)
    {
        buffer.WrittenSpan[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(buffer.WrittenSpan[1..], (uint)(buffer.Length - PrefixLength));
        return buffer;
    }

    private sealed class FrameSerialization(int? limit) : SerializationContext, IDisposable
    {
        private const int FirstCapacity = 512;

        private PooledBuffer? _buffer;
        private bool _complete;

        public override void SetPayloadLength(int payloadLength)
        {
            if (payloadLength > limit) throw ProtocolErrors.SentTooLarge();
            Open(payloadLength);
        }

        public override IBufferWriter<byte> GetBufferWriter() => Open(FirstCapacity);

        public override void Complete() => _complete = true;

        public override void Complete(byte[] payload)
        {
            Open(payload.Length).Write(payload);
            _complete = true;
        }

        public PooledBuffer Take()
        {
            if (!_complete || _buffer is not { } buffer) throw new InvalidOperationException("The serializer did not complete the message.");
            if (buffer.Length - PrefixLength > limit) throw ProtocolErrors.SentTooLarge();
            _buffer = null;
            return buffer;
        }

        public void Dispose() => _buffer?.Dispose();

        private PooledBuffer Open(int capacity)
        {
            if (_buffer is not null) return _buffer;
            _buffer = new PooledBuffer(PrefixLength + capacity);
            _buffer.Advance(PrefixLength);
            return _buffer;
        }
    }
}
