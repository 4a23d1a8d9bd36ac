namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>An object's bytes on their way from the store. A read that stands still for too long, or breaks, is typed; a short body is no end.</summary>
internal sealed class ReceivedContent : Stream
{
    private readonly Stream _inner;
    private readonly IDisposable _response;
    private readonly TimeSpan _stallTimeout;
    private readonly string _name;
    private readonly ITimer _stall;
    private long _left;
    private volatile bool _stalled;

    /// <param name="response">Disposed with this stream, and when a read stands still: nothing else ends a synchronous one.</param>
    public ReceivedContent(Stream inner, IDisposable response, long length, string name, TimeSpan stallTimeout, TimeProvider time)
    {
        (_inner, _response, Length, _left, _name, _stallTimeout) = (inner, response, length, length, name, stallTimeout);
        _stall = time.CreateTimer(
            _ =>
            {
                _stalled = true;
                _response.Dispose();
            },
            null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => Length - _left;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, _left)];
        if (buffer.IsEmpty) return 0;
        _stall.Change(_stallTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            return Took(_inner.Read(buffer));
        }
        catch (Exception exception) when (IsBreak(exception))
        {
            throw Broken(exception);
        }
        finally
        {
            _stall.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, _left)];
        if (buffer.IsEmpty) return 0;
        _stall.Change(_stallTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            return Took(await _inner.ReadAsync(buffer, cancellationToken));
        }
        catch (Exception exception) when (IsBreak(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw Broken(exception);
        }
        finally
        {
            _stall.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stall.Dispose();
            _response.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Took(int read)
    {
        if (read == 0) throw new EndOfStreamException("The body ended early.");
        _left -= read;
        return read;
    }

    private bool IsBreak(Exception exception) => _stalled || exception is IOException or HttpRequestException;

    private ObjectStoreUnavailableException Broken(Exception exception) => new(
        _stalled ? $"Reading {_name}: the store sent nothing for {_stallTimeout}." : $"Reading {_name}: the store broke off with {_left} bytes to come.", exception);
}
