using System.Globalization;

namespace OpenOva.Relay.Guacamole;

/// <summary>What guacd may answer in the handshake, and what each kind of silence or refusal is called.</summary>
public sealed partial class GuacdConnection
{
    private async Task<string[]> ExpectAsync(string opcode, GuacdHandshake handshake, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await ReadAnswerAsync(cancellationToken)
                ?? throw Closed(handshake, $"it closed the connection where {opcode} was due");
            if (string.Equals(answer[0], opcode, StringComparison.Ordinal))
                return answer;
            switch (answer[0])
            {
                case "nop":
                    continue; // guacd's keep-alive may come at any time
                case "error":
                    throw Refused(handshake, answer);
                case "disconnect":
                    throw Closed(handshake, $"it said disconnect where {opcode} was due");
                default:
                    throw Malformed($"it answered something else where {opcode} was due");
            }
        }
    }

    // Null at the end of the stream. What follows the instruction stays in Input, unread.
    private async Task<string[]?> ReadAnswerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await Input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            string[]? answer = null;
            try
            {
                if (_handshakeParser.TryRead(ref buffer, out var instruction))
                    answer = instruction.ToStrings();
            }
            catch (GuacamoleProtocolException exception)
            {
                throw Malformed("it does not speak the Guacamole protocol", exception);
            }
            Input.AdvanceTo(buffer.Start, answer is null ? buffer.End : buffer.Start);
            if (answer is not null || result.IsCompleted)
                return answer;
        }
    }

    private async Task<T> WithinAsync<T>(
        TimeSpan limit, Func<CancellationToken, Task<T>> phase, Func<GuacdException> late, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await phase(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw late();
        }
    }

    private GuacdException NoArgs(GuacdHandshake handshake) => handshake.IsJoin
        ? new GuacdException(GuacdFailure.HandshakeTimeout, $"guacd did not answer the join within {_timeouts.Args.TotalSeconds} s.")
        : new GuacdException(
            GuacdFailure.ProtocolNotInstalled,
            $"guacd did not answer the selection of {handshake.Select} within {_timeouts.Args.TotalSeconds} s. This usually means that its " +
            $"plugin for {handshake.Select} is not installed (libguac-client-{handshake.Select}): guacd then answers nothing at all. Its log says so.");

    private GuacdException NoReady() => new(
        GuacdFailure.HandshakeTimeout, $"guacd took the parameters but did not say ready within {_timeouts.Ready.TotalSeconds} s.");

    // guacd 1.3.0 closes without a word on a join of an unknown id; the same on a protocol is a crash or no guacd.
    private static GuacdException Closed(GuacdHandshake handshake, string how, Exception? cause = null) => handshake.IsJoin
        ? new GuacdException(GuacdFailure.NoSuchConnection, $"guacd did not let the connection be joined: {how}. It has ended, or lives in another guacd.", cause)
        : new GuacdException(GuacdFailure.ClosedDuringHandshake, $"guacd gave up the handshake: {how}.", cause);

    private static GuacdException Malformed(string what, Exception? cause = null) =>
        new(GuacdFailure.MalformedAnswer, $"The answer is not guacd's: {what}.", cause);

    private GuacdException Refused(GuacdHandshake handshake, string[] error)
    {
        var text = error.Length > 1 ? error[1] : "";
        foreach (var value in _sentValues)
            text = text.Replace(value, "***", StringComparison.Ordinal);
        GuacamoleStatus? status =
            error.Length > 2 && int.TryParse(error[2], NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (GuacamoleStatus)code : null;
        var unknown = handshake.IsJoin && status == GuacamoleStatus.ResourceNotFound;
        return new GuacdException(
            unknown ? GuacdFailure.NoSuchConnection : GuacdFailure.Refused,
            string.Create(CultureInfo.InvariantCulture, $"guacd refused: {text} (status {status?.ToString() ?? "missing"})."))
        {
            Status = status,
            RemoteText = text,
        };
    }
}
