using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Integration.Targets;

/// <summary>
/// A way to the real guacd on which one parameter is hidden: it does not stand in <c>args</c>, and <c>connect</c> is handed on with no
/// value for it. So guacd lacks it and asks, though Relay gives all that it is told of.
/// </summary>
internal sealed class ForgetfulGuacd : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly GuacdEndpoint _guacd;
    private readonly string _hidden;
    private readonly Task _serving;
    private int _at = -1;

    public ForgetfulGuacd(GuacdEndpoint guacd, string hidden)
    {
        (_guacd, _hidden) = (guacd, hidden);
        _listener.Start();
        _serving = ServeAsync();
    }

    public GuacdEndpoint Endpoint => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>The opcodes that came from guacd, in order.</summary>
    public List<string> Said { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving.WaitAsync(TimeSpan.FromSeconds(10));
    }

    // One session is all that a test opens; the service's probe comes and goes beside it.
    private async Task ServeAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true) served.Add(ForwardAsync(await _listener.AcceptTcpClientAsync()));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var relay = client;
        try
        {
            using var guacd = new TcpClient(_guacd.Host, _guacd.Port);
            await Task.WhenAny(
                CopyAsync(guacd.GetStream(), relay.GetStream(), Hide),
                CopyAsync(relay.GetStream(), guacd.GetStream(), elements => elements[0] == "connect" ? [.. elements[.._at], "", .. elements[_at..]] : elements));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // One of them is gone.
        }
    }

    private string[] Hide(string[] elements)
    {
        lock (Said) Said.Add(elements[0]);
        if (elements[0] != "args") return elements;
        _at = Array.IndexOf(elements, _hidden);
        return [.. elements[.._at], .. elements[(_at + 1)..]];
    }

    private static async Task CopyAsync(Stream from, Stream to, Func<string[], string[]> change)
    {
        var (input, parser) = (PipeReader.Create(from), new InstructionParser());
        while (true)
        {
            var read = await input.ReadAsync();
            var buffer = read.Buffer;
            var output = new ArrayBufferWriter<byte>();
            while (parser.TryRead(ref buffer, out var instruction))
            {
                var elements = change(instruction.ToStrings());
                InstructionWriter.Write(output, System.Text.Encoding.UTF8.GetBytes(elements[0]), elements.AsSpan(1));
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            await to.WriteAsync(output.WrittenMemory);
            if (read.IsCompleted) return;
        }
    }
}
