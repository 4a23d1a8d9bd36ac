using System.IO.Pipelines;

namespace OpenOva.Relay.Guacamole;

/// <summary>
/// A user's connection through guacd, past the handshake. <c>ready</c> is not success yet: guacd sends it before it has reached the
/// target. The first <c>sync</c> is the better sign. guacd never closes the socket after <c>error</c> or <c>disconnect</c>: whoever
/// reads <see cref="Input"/> must dispose of the connection then.
/// </summary>
/// <remarks>
/// One reader of <see cref="Input"/>. Writers either all use the Send and Answer methods, which may be called from anywhere and from
/// which <see cref="KeepAliveAsync"/> knows when to speak up, or one of them owns <see cref="Output"/> and sends its own <c>nop</c>.
/// </remarks>
public sealed partial class GuacdConnection : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly GuacdTimeouts _timeouts;
    private readonly TimeProvider _time;

    private GuacdConnection(Stream stream, GuacdTimeouts timeouts, TimeProvider time)
    {
        _stream = stream;
        _timeouts = timeouts;
        _time = time;
        _lastSent = time.GetTimestamp();

        // Zero-byte reads: an idle session holds no receive buffer.
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    /// <summary>The <c>$</c> id from <c>ready</c>. Who knows it and reaches guacd can join: keep it like a secret.</summary>
    public string ConnectionId { get; private set; } = "";

    /// <summary>The names of the parameters this guacd knows for the protocol, in its order, without the version.</summary>
    public IReadOnlyList<string> ArgNames { get; private set; } = [];

    /// <summary>The version spoken from here on: the older of guacd's and <see cref="GuacamoleVersion.V150"/>.</summary>
    public GuacamoleVersion Version { get; private set; } = GuacamoleVersion.V100;

    /// <summary>Names that were given a value but that this guacd does not know, sorted: it was not told of them.</summary>
    public IReadOnlyList<string> IgnoredParameters { get; private set; } = [];

    /// <summary>What guacd sends after <c>ready</c>, from its first byte.</summary>
    public PipeReader Input { get; }

    /// <summary>To guacd. See the remarks on who may write.</summary>
    public PipeWriter Output { get; }

    /// <summary>Connects, and shakes hands up to <c>ready</c>.</summary>
    /// <param name="endpoint">Where guacd is.</param>
    /// <param name="handshake">What is asked of it.</param>
    /// <param name="timeouts">How long to wait.</param>
    /// <param name="time">The clock of the timeouts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GuacdException">There is no connection; nothing is left open.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; nothing is left open.</exception>
    public static async Task<GuacdConnection> ConnectAsync(
        GuacdEndpoint endpoint, GuacdHandshake handshake, GuacdTimeouts timeouts, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(handshake);
        handshake.Validate();
        timeouts.Validate();

        var stream = await OpenStreamAsync(endpoint, timeouts, time, cancellationToken);
        var connection = new GuacdConnection(stream, timeouts, time);
        try
        {
            await connection.ShakeHandsAsync(handshake, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes the socket, which ends a pending read or write of it. May be called more than once.</summary>
    /// <remarks>Input and Output are not completed here: a read may be under way in another task, and completing would pull its memory away.</remarks>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>Only that it is one: the id lets others join.</summary>
    public override string ToString() => $"guacd connection ({Version})";
}
