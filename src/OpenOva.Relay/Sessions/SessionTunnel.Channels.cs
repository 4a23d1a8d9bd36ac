using System.Buffers;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>What crosses besides screen, keyboard and pointer: let through, or answered in the other side's place.</summary>
internal sealed partial class SessionTunnel
{
    private const string Refusal = "Not permitted on this connection";

    // Refusals that guacd has not taken yet. Where it does not read, it is not told more: what it sends is not let through for that.
    private const int MostRefusals = 64;

    private int _refusalsWaiting;

    private void Channel(in Instruction instruction, bool isBehind)
    {
        var judged = _channels.FromPerson(instruction, isBehind, _locked);
        switch (judged.Verdict)
        {
            case ChannelVerdict.Pass:
                _limits.Input();
                _forward.Write(instruction.Raw);
                break;
            case ChannelVerdict.Cut:
                // guacd would wait for the rest, and keep a file open for it.
                InstructionWriter.WriteEnd(_forward, judged.Stream);
                Refuse(judged);
                break;
            case ChannelVerdict.Refuse:
                _limits.Input();
                Refuse(judged);
                break;
            default:
                break;
        }
    }

    private void Refuse(ChannelJudgement judged)
    {
        var ack = new ArrayBufferWriter<byte>(64);
        InstructionWriter.WriteAck(ack, judged.Stream, Refusal, judged.Status);
        if (!_queue.TryAdd(ack.WrittenSpan)) End(SessionOutcome.Of(SessionEndReason.ReaderTooSlow, ErrorReason.ReaderTooSlow));
    }

    private bool IsLetThrough(InstructionClass c, in Instruction instruction)
    {
        if (c == InstructionClass.Ack) _channels.GuacdAcknowledged(instruction);
        if (!SessionChannels.Judges(c)) return true;
        var judged = _channels.FromGuacd(c, instruction);
        if (judged.Verdict == ChannelVerdict.Refuse) RefuseGuacd(judged);
        return judged.Verdict == ChannelVerdict.Pass;
    }

    // Not waited for: what guacd draws is taken whether it reads or not.
    private void RefuseGuacd(ChannelJudgement judged)
    {
        if (Interlocked.Increment(ref _refusalsWaiting) <= MostRefusals) _ = RefuseGuacdAsync(judged);
        else Interlocked.Decrement(ref _refusalsWaiting);
    }

    private async Task RefuseGuacdAsync(ChannelJudgement judged)
    {
        await GuardAsync(
            token => _guacd.SendAsync(judged, static (output, refused) => InstructionWriter.WriteAck(output, refused.Stream, Refusal, refused.Status), token).AsTask(),
            SessionEndReason.GuacdLost, _personLeft);
        Interlocked.Decrement(ref _refusalsWaiting);
    }
}
