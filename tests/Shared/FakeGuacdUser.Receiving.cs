using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Shared;

/// <summary>What the user sends after connect, and what guacd does about it.</summary>
public sealed partial class FakeGuacdUser
{
    private readonly InstructionParser _parser = new();
    private readonly Lock _receivedLock = new();
    private readonly List<string[]> _received = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PipeReader? _input;

    /// <summary>All instructions he sent after connect, so far.</summary>
    public IReadOnlyList<string[]> Received
    {
        get
        {
            lock (_receivedLock)
                return [.. _received];
        }
    }

    /// <summary>Waits until he has sent an instruction that begins with these elements; one that came before counts.</summary>
    /// <exception cref="TimeoutException">None came within 10 s.</exception>
    public Task<string[]> WaitForAsync(params string[] elements) =>
        WaitForAsync(received => received.Take(elements.Length).SequenceEqual(elements, StringComparer.Ordinal));

    /// <summary>Waits until he has sent such an instruction; one that came before counts.</summary>
    /// <exception cref="TimeoutException">None came within 10 s.</exception>
    public async Task<string[]> WaitForAsync(Func<string[], bool> match)
    {
        var looked = 0;
        while (true)
        {
            Task more;
            lock (_receivedLock)
            {
                for (; looked < _received.Count; looked++)
                    if (match(_received[looked]))
                        return _received[looked];
                more = _more.Task;
            }
            await more.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_options.StopsReading)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return;
        }
        while (true)
        {
            string[] instruction;
            using (var silence = new CancellationTokenSource(_options.UserTimeout, _options.Time))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken))
            {
                try
                {
                    instruction = await NextAsync(either.Token);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    await DropAsync();
                    await ReceiveNothingAsync(cancellationToken);
                    return;
                }
            }

            Keep(instruction);
            if (instruction is ["sync", var timestamp, ..] && _options.ChecksSync && IsAhead(timestamp))
                await DropAsync();
            if (instruction[0] == "disconnect" && _options.AnswersDisconnect)
                await SendAsync("disconnect"); // and the socket stays open: guacd leaves closing it to the other side
        }
    }

    private bool IsAhead(string timestamp) =>
        !long.TryParse(timestamp, CultureInfo.InvariantCulture, out var value) || value > Interlocked.Read(ref _lastSync);

    private async Task DropAsync()
    {
        await SendAsync("error", "Aborted. See logs.", "776");
        await SendAsync("disconnect");
    }

    private void Keep(string[] instruction)
    {
        TaskCompletionSource more;
        lock (_receivedLock)
        {
            _received.Add(instruction);
            more = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        more.SetResult();
    }

    private async Task<string[]> NextAsync(CancellationToken cancellationToken)
    {
        _input ??= PipeReader.Create(_stream);
        while (true)
        {
            var result = await _input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            string[]? elements = _parser.TryRead(ref buffer, out var instruction) ? instruction.ToStrings() : null;
            _input.AdvanceTo(buffer.Start, elements is null ? buffer.End : buffer.Start);
            if (elements is not null)
                return elements;
            if (result.IsCompleted)
                throw new IOException("The user has closed the connection.");
        }
    }

    // Until the other side closes: what comes is nothing the fake answers any more.
    private async Task ReceiveNothingAsync(CancellationToken cancellationToken)
    {
        while (true)
            await NextAsync(cancellationToken);
    }
}
