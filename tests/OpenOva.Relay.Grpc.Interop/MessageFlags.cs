using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;

namespace OpenOva.Relay.Grpc.Interop;

/// <summary>Which of a call's requests were compressed: the cases ask for it message by message, and no gRPC API tells.</summary>
public sealed class MessageFlags
{
    private readonly List<bool> _flags = [];

    /// <summary>Whether the request of this number, from 0, was compressed.</summary>
    public bool IsCompressed(int message)
    {
        lock (_flags) return _flags[message];
    }

    internal void Add(bool compressed)
    {
        lock (_flags) _flags.Add(compressed);
    }
}

/// <summary>Looks at the frames of a call as they pass.</summary>
public sealed class MessageFlagsMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (!http.Request.Headers.ContainsKey("grpc-encoding")) return next(http);
        var flags = new MessageFlags();
        http.Items[typeof(MessageFlags)] = flags;
        http.Request.Body = new FrameWatchingStream(http.Request.Body, flags);
        return next(http);
    }

    private sealed class FrameWatchingStream(Stream inner, MessageFlags flags) : Stream
    {
        private readonly byte[] _prefix = new byte[5];
        private int _prefixLength;
        private uint _bodyLeft;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            Watch(buffer.Span[..count]);
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private void Watch(ReadOnlySpan<byte> data)
        {
            while (!data.IsEmpty)
            {
                if (_bodyLeft > 0)
                {
                    var skipped = (int)Math.Min(_bodyLeft, (uint)data.Length);
                    _bodyLeft -= (uint)skipped;
                    data = data[skipped..];
                    continue;
                }

                _prefix[_prefixLength++] = data[0];
                data = data[1..];
                if (_prefixLength < _prefix.Length) continue;
                _prefixLength = 0;
                _bodyLeft = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1));
                flags.Add(_prefix[0] == 1);
            }
        }
    }
}
