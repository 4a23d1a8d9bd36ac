using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OpenOva.Relay.Shared;

/// <summary>One side of a proxied HTTP/1.1 connection: heads as text, bodies copied as they stand on the wire.</summary>
internal sealed class HttpWire(TcpClient client) : IDisposable
{
    private readonly NetworkStream _stream = client.GetStream();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _from;
    private int _to;

    /// <summary>All lines up to and with the empty one; null when the peer is done.</summary>
    public async Task<string?> ReadHeadAsync(CancellationToken cancellation)
    {
        var head = new StringBuilder();
        while (await ReadLineAsync(cancellation) is { } line)
        {
            head.Append(line).Append("\r\n");
            if (line.Length == 0) return head.ToString();
        }

        return null;
    }

    public async Task WriteAsync(string text, CancellationToken cancellation) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellation);

    /// <summary>Copies the body that a head announces; with a limit, that many bytes at most and false when there was more.</summary>
    public async Task<bool> CopyBodyAsync(string head, HttpWire? to, long limit, bool flip, CancellationToken cancellation)
    {
        if (Header(head, "Transfer-Encoding") is { } encoding && encoding.Contains("chunked", StringComparison.OrdinalIgnoreCase))
        {
            while (await ReadLineAsync(cancellation) is { } size)
            {
                var length = long.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (to is not null) await to.WriteAsync(size + "\r\n", cancellation);
                if (length == 0) break;
                if (!await CopyAsync(length, to, limit, flip, cancellation)) return false;
                limit -= length;
                flip = false;
                await ReadLineAsync(cancellation);
                if (to is not null) await to.WriteAsync("\r\n", cancellation);
            }

            await ReadLineAsync(cancellation);
            if (to is not null) await to.WriteAsync("\r\n", cancellation);
            return true;
        }

        var announced = Header(head, "Content-Length") is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
        return await CopyAsync(announced, to, limit, flip, cancellation);
    }

    /// <summary>Returns when the peer has closed, or sends what nobody asked for.</summary>
    public async Task ClosedAsync(CancellationToken cancellation)
    {
        if (_from == _to) await FillAsync(cancellation);
    }

    public static string? Header(string head, string name)
    {
        foreach (var line in head.Split("\r\n").Skip(1))
        {
            if (line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)) return line[(name.Length + 1)..].Trim();
        }

        return null;
    }

    public void Dispose()
    {
        _stream.Dispose();
        client.Dispose();
    }

    private async Task<bool> CopyAsync(long length, HttpWire? to, long limit, bool flip, CancellationToken cancellation)
    {
        var cut = length > limit;
        for (var left = Math.Min(length, limit); left > 0;)
        {
            if (_from == _to && !await FillAsync(cancellation)) throw new EndOfStreamException("The peer broke off.");
            var count = (int)Math.Min(left, _to - _from);
            if (flip) _buffer[_from] ^= 1;
            flip = false;
            if (to is not null) await to._stream.WriteAsync(_buffer.AsMemory(_from, count), cancellation);
            _from += count;
            left -= count;
        }

        return !cut;
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_from == _to && !await FillAsync(cancellation)) return null;
            var at = (char)_buffer[_from++];
            if (at == '\n') return line.ToString().TrimEnd('\r');
            line.Append(at);
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellation)
    {
        (_from, _to) = (0, await _stream.ReadAsync(_buffer, cancellation));
        return _to > 0;
    }
}
