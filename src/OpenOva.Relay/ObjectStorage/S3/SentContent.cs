using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>
/// A part of a seekable stream on its way to the store. It hashes what it yields and keeps the last bytes back until the hash is the promised one, so
/// that bytes with another hash never make a whole request, whatever the store checks. Going back to the start begins again.
/// </summary>
internal sealed class SentContent : Stream
{
    private readonly Stream _source;
    private readonly long _from;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly string? _sha256;
    private readonly Action _progress;
    private readonly Action _mismatch;
    private long _position;

    /// <param name="from">Where the part starts in the source.</param>
    /// <param name="sha256">Null: the part's hash is only computed, see <see cref="Sha256"/>.</param>
    /// <param name="progress">Called whenever bytes were taken.</param>
    /// <param name="mismatch">Throws: the bytes do not have the hash.</param>
    public SentContent(Stream source, long from, long length, string? sha256, Action progress, Action mismatch)
    {
        (_source, _from, Length, _sha256, _progress, _mismatch) = (source, from, length, sha256, progress, mismatch);
        if (length == 0) Check();
    }

    /// <summary>What the source or the check threw; a transport wraps it beyond recognition.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            _source.Position = _from + _position;
            buffer = buffer[..(int)Math.Min(buffer.Length, Length - _position)];
            var read = _source.Read(buffer);
            Took(buffer[..read], buffer.Length > 0);
            return read;
        }
        catch (Exception exception)
        {
            Failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            if (_source.Position != _from + _position) _source.Position = _from + _position;
            buffer = buffer[..(int)Math.Min(buffer.Length, Length - _position)];
            var read = await _source.ReadAsync(buffer, cancellationToken);
            Took(buffer.Span[..read], buffer.Length > 0);
            return read;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
    {
        var target = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => _position + offset, _ => Length + offset };
        if (target == _position) return target;
        if (target != 0) throw new NotSupportedException("It can be sent again from its start only.");
        _position = 0;
        _hash.GetHashAndReset();
        return 0;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Took(ReadOnlySpan<byte> bytes, bool wanted)
    {
        if (bytes.IsEmpty && wanted) throw new EndOfStreamException("The content became shorter while it was being stored.");
        if (bytes.IsEmpty) return;
        _progress();
        _hash.AppendData(bytes);
        _position += bytes.Length;
        if (_position == Length) Check();
    }

    private void Check()
    {
        if (_sha256 is not null && Convert.ToHexStringLower(_hash.GetCurrentHash()) != _sha256) _mismatch();
    }
}
