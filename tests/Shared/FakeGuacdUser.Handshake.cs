using System.Buffers;

namespace OpenOva.Relay.Shared;

/// <summary>select, args, connect, ready; and all that can go wrong there.</summary>
public sealed partial class FakeGuacdUser
{
    // True once ready was said; false where the user is to be left in silence. A closing fault closes and throws like a peer that left.
    private async Task<bool> ShakeHandsAsync(CancellationToken cancellationToken)
    {
        var select = await NextAsync(cancellationToken);
        _guacd.Begin();
        if (select is not ["select", var selected])
            return End(); // guacd 1.3.0: the end of the stream for anything else
        Select = selected;

        var joined = selected.StartsWith('$');
        if (joined && !_guacd.Sessions.TryGetValue(selected, out _))
        {
            if (_options.Release == FakeGuacdRelease.Guacd160)
                await SendAsync("error", "No such connection.", "516");
            return End();
        }
        if (!joined && !_options.Plugins.Contains(selected))
            return false;
        var session = joined ? _guacd.Sessions[selected] : new FakeGuacdSession("$" + Guid.NewGuid(), selected);

        var args = _options.Args ?? FakeGuacdArgs.Of(_options.Release, session.Protocol);
        if (!await AnswerSelectAsync(args))
            return false;

        var said = new List<string[]>();
        string[] connect;
        while ((connect = await NextAsync(cancellationToken)) is not ["connect", ..])
            said.Add(connect);
        Handshake = said;
        Parameters = args.Zip(connect.Skip(1)).ToDictionary(pair => pair.First, pair => pair.Second);
        if (connect.Length - 1 != args.Count)
        {
            await SendAsync("ready", session.Id); // guacd says ready first, and then closes without an error
            return End();
        }
        return await AnswerConnectAsync(session, connect);
    }

    private async Task<bool> AnswerSelectAsync(IReadOnlyList<string> args)
    {
        if (_options.NopsInHandshake)
            await SendAsync("nop");
        switch (_options.Fault)
        {
            case FakeGuacdFault.IgnoresSelect:
                return false;
            case FakeGuacdFault.ClosesAfterSelect:
                return End();
            case FakeGuacdFault.RefusesSelect:
                await RefuseAsync(_options.Refusal.Text);
                return false;
            case FakeGuacdFault.AnswersSelectWithGarbage:
                await SendRawAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
                return false;
            case FakeGuacdFault.AnswersSelectWithSync:
                await SendAsync("sync", "1");
                return false;
            case FakeGuacdFault.AnswersSelectOversized:
                await SendRawAsync("4.args,99999."u8.ToArray());
                return false;
            case FakeGuacdFault.EndsInsideArgs:
                await SendRawAsync("4.args,13.VERSION_1"u8.ToArray());
                return End();
            default:
                await SendAsync(["args", .. args]);
                return true;
        }
    }

    private async Task<bool> AnswerConnectAsync(FakeGuacdSession session, string[] connect)
    {
        if (_options.NopsInHandshake)
            await SendAsync("nop");
        switch (_options.Fault)
        {
            case FakeGuacdFault.IgnoresConnect:
                return false;
            case FakeGuacdFault.ClosesAfterConnect:
                return End();
            case FakeGuacdFault.ResetsAfterConnect:
                Reset();
                throw new IOException("reset");
            case FakeGuacdFault.RefusesConnect:
                await RefuseAsync(_options.Refusal.Text);
                return false;
            case FakeGuacdFault.RefusesConnectRepeatingValues:
                await RefuseAsync(string.Join(' ', connect));
                return false;
            case FakeGuacdFault.DisconnectsAfterConnect:
                await SendAsync("disconnect");
                return false;
            case FakeGuacdFault.SaysReadyWithoutId:
                await SendAsync("ready");
                return false;
        }

        // He is on the connection before ready says so, so that a test that has seen ready finds him there.
        Session = session;
        session.Add(this);
        _guacd.Sessions[session.Id] = session;
        var id = _options.Fault == FakeGuacdFault.SaysReadyWithAnotherId ? "$" + Guid.NewGuid() : session.Id;
        var ready = new ArrayBufferWriter<byte>();
        Guacamole.InstructionWriter.Write(ready, Guacamole.Opcodes.Ready, id);
        ready.Write(_options.WithReady.Span);
        await SendRawAsync(ready.WrittenMemory);
        BytesSent = _options.WithReady.Length;
        return true;
    }

    private Task RefuseAsync(string text) => SendAsync("error", text, ((int)_options.Refusal.Status).ToString());

    private bool End()
    {
        Close();
        throw new IOException("closed by the fake");
    }
}
