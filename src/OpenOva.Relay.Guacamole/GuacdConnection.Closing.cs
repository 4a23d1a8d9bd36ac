namespace OpenOva.Relay.Guacamole;

/// <summary>How a connection was left.</summary>
public enum GuacdFarewell
{
    /// <summary>guacd answered <c>disconnect</c>: it has let go of the target.</summary>
    Answered,

    /// <summary>The link ended, or spoke nonsense, before guacd answered.</summary>
    Broken,

    /// <summary>guacd did not answer within <see cref="GuacdTimeouts.Disconnect"/>.</summary>
    TimedOut,
}

/// <summary>The last phase. guacd answers <c>disconnect</c> with <c>disconnect</c> and leaves closing the socket to us.</summary>
public sealed partial class GuacdConnection
{
    /// <summary>Says <c>disconnect</c>. Whoever reads <see cref="Input"/> will see guacd's own as the last instruction.</summary>
    /// <exception cref="GuacdException">The link broke: <see cref="GuacdFailure.ConnectionLost"/>.</exception>
    public ValueTask SendDisconnectAsync(CancellationToken cancellationToken) =>
        SendAsync(0, static (output, _) => InstructionWriter.WriteDisconnect(output), cancellationToken);

    /// <summary>
    /// For a connection nobody reads any more: says <c>disconnect</c>, discards what guacd still sends up to its own <c>disconnect</c>,
    /// and closes. A session that is recorded must read on itself instead, since what comes now is still evidence.
    /// </summary>
    public async Task<GuacdFarewell> CloseAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_timeouts.Disconnect, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await SendDisconnectAsync(either.Token);
            return await DiscardAsync(either.Token) ? GuacdFarewell.Answered : GuacdFarewell.Broken;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return GuacdFarewell.TimedOut;
        }
        catch (Exception exception) when (exception is GuacdException or GuacamoleProtocolException or IOException)
        {
            return GuacdFarewell.Broken;
        }
        finally
        {
            await DisposeAsync();
        }
    }

    // True at guacd's disconnect, false at the end of the stream.
    private async Task<bool> DiscardAsync(CancellationToken cancellationToken)
    {
        var parser = new InstructionParser();
        while (true)
        {
            var result = await Input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            while (parser.TryRead(ref buffer, out var instruction))
                if (instruction.Is(Opcodes.Disconnect))
                    return true;
            Input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
                return false;
        }
    }
}
