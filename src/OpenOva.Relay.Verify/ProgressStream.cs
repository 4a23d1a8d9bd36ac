using System.Globalization;

namespace OpenOva.Relay.Verify;

/// <summary>Reads what is verified and says on the terminal how much was read, where that takes long enough to wonder.</summary>
internal sealed class ProgressStream(Stream from, string what, Terminal terminal) : Stream
{
    private const long WorthShowingBytes = 256L << 20;
    private const long StepBytes = 64L << 20;

    private readonly bool _shown = terminal.Progress && from.Length >= WorthShowingBytes;
    private long _read;
    private long _next = StepBytes;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => from.Length;

    public override long Position { get => from.Position; set => from.Position = value; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = from.Read(buffer);
        _read += read;
        if (_shown && _read >= _next)
        {
            _next = _read + StepBytes;
            terminal.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{_read >> 20} MiB read of {what} of {from.Length >> 20} MiB (parts are read more than once)"));
        }

        return read;
    }

    /// <summary>Ends the line of progress.</summary>
    public void Done()
    {
        if (_shown) terminal.Error.WriteLine();
    }

    public override long Seek(long offset, SeekOrigin origin) => from.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
