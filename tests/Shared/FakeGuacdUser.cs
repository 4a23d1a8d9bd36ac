using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Shared;

/// <summary>One socket of a <see cref="FakeGuacd"/>, from its side.</summary>
public sealed partial class FakeGuacdUser : IDisposable
{
    private readonly FakeGuacd _guacd;
    private readonly Socket _socket;
    private readonly FakeGuacdOptions _options;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream _stream = Stream.Null;
    private long _lastSync = -1;

    internal FakeGuacdUser(FakeGuacd guacd, Socket socket, FakeGuacdOptions options)
    {
        _guacd = guacd;
        _socket = socket;
        _options = options;
    }

    /// <summary>The argument of select.</summary>
    public string Select { get; private set; } = "";

    /// <summary>The connection he is on.</summary>
    public FakeGuacdSession? Session { get; private set; }

    /// <summary>What he said between select and connect, as he said it.</summary>
    public IReadOnlyList<string[]> Handshake { get; private set; } = [];

    /// <summary>The values of connect by the names of args, the version's included.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; private set; } = new Dictionary<string, string>();

    /// <summary>Ends when the socket has been closed by either side.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Bytes sent to him after ready.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Sends him one instruction.</summary>
    public Task SendAsync(params string[] elements)
    {
        var buffer = new ArrayBufferWriter<byte>();
        InstructionWriter.Write(buffer, Encoding.UTF8.GetBytes(elements[0]), elements.AsSpan(1));
        return SendRawAsync(buffer.WrittenMemory, elements);
    }

    /// <summary>Sends him bytes, be they Guacamole or not.</summary>
    public Task SendRawAsync(ReadOnlyMemory<byte> bytes) => SendRawAsync(bytes, []);

    /// <summary>Closes his socket.</summary>
    public void Close()
    {
        if (Session is not null && Session.Remove(this))
            _guacd.Sessions.TryRemove(Session.Id, out _);
        _socket.Dispose();
        _ended.TrySetResult();
    }

    /// <summary>Closes his socket by a reset, as when the process or its machine dies.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        Close();
    }

    /// <summary>The fake disposes of its users: a test has no need to.</summary>
    public void Dispose()
    {
        Close();
        _sending.Dispose();
    }

    internal async Task SendRawAsync(ReadOnlyMemory<byte> bytes, string[] elements)
    {
        await _sending.WaitAsync();
        try
        {
            if (elements is ["sync", var timestamp, ..])
                Interlocked.Exchange(ref _lastSync, long.Parse(timestamp, CultureInfo.InvariantCulture));
            await _stream.WriteAsync(bytes);
            await _stream.FlushAsync();
            BytesSent += bytes.Length;
        }
        finally
        {
            _sending.Release();
        }
    }

    internal async Task ServeAsync(CancellationToken cancellationToken)
    {
        _stream = await FakeGuacd.SecureAsync(_socket, _options, cancellationToken);
        if (!await ShakeHandsAsync(cancellationToken))
        {
            // guacd would keep the socket too: silence is part of what is being played
            await ReceiveNothingAsync(cancellationToken);
            return;
        }

        _guacd.Announce(this);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var showing = ShowAsync(over.Token);
        try
        {
            await ReceiveAsync(cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            Close();
            await showing;
        }
    }

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _options.Play.ShowAsync(this, cancellationToken);
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(5), _options.Time, cancellationToken);
                await SendAsync("nop");
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // he has gone
        }
    }
}
