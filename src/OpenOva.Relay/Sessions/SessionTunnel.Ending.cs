using System.Buffers;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>The end: the person is told why, and guacd is drained so that what was typed last leaves its trace.</summary>
internal sealed partial class SessionTunnel
{
    private const int DisconnectMs = 1_000;

    private async Task SayGoodbyeAsync(SessionOutcome outcome, Task joinsGone, Task fromGuacd, Task toPerson, CancellationTokenSource stopPerson)
    {
        var recorderWorks = outcome.Reason != SessionEndReason.RecorderFailed;
        var personThere = outcome.Reason is not (SessionEndReason.ClientLeft or SessionEndReason.ReaderTooSlow);
        if (personThere)
        {
            Tell(outcome);
            _queue.Complete();
            // Whoever does not take his goodbye in this time goes without.
            await Task.WhenAny(toPerson, Task.Delay(_options.Drain, _time));
        }

        _personGone = true;
        // What is not over by now he did not get, or did not finish.
        _channels.Close();
        await stopPerson.CancelAsync();
        await joinsGone;
        if (recorderWorks && !fromGuacd.IsCompleted) await DrainAsync(fromGuacd);
        else await TryDisconnectAsync();
    }

    private void Tell(SessionOutcome outcome)
    {
        // guacd's own words have been delivered already; these are Relay's.
        if (_guacdSaidWhy || outcome.Reason is SessionEndReason.TargetEnded or SessionEndReason.ConnectFailed || outcome.Failure is not { } failure) return;
        var row = ErrorTable.Of(failure);
        var words = new ArrayBufferWriter<byte>();
        InstructionWriter.WriteError(words, row.Text, (GuacamoleStatus)row.GuacamoleStatus);
        InstructionWriter.WriteDisconnect(words);
        _queue.TryAdd(words.WrittenSpan);
    }

    private async Task DrainAsync(Task fromGuacd)
    {
        var started = _time.GetTimestamp();
        _lastDrawn = started;
        while (!fromGuacd.IsCompleted && _time.GetElapsedTime(started) < _options.Drain && _time.GetElapsedTime(_lastDrawn) < _options.DrainQuiet)
            await Task.WhenAny(fromGuacd, Task.Delay(_options.DrainQuiet / 10, _time));
        await TryDisconnectAsync();
        var left = _options.Drain - _time.GetElapsedTime(started);
        if (left < _options.DrainQuiet) left = _options.DrainQuiet;
        await Task.WhenAny(fromGuacd, Task.Delay(left, _time));
    }

    private async Task TryDisconnectAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(DisconnectMs), _time);
            await _guacd.SendDisconnectAsync(patience.Token);
        }
        catch (Exception exception) when (exception is GuacdException or OperationCanceledException)
        {
            // The link is gone or stuck: closing the socket says the same.
        }
    }
}
