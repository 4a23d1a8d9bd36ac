using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// guacd asks for what it was not given. The connection answers, or the session fails: the person is neither asked nor shown the answer.
/// What he would be sent of it (the question, and guacd's acknowledgements and echoes of the answer) is withheld from him, and what he
/// sends never mixes with it.
/// </summary>
internal sealed partial class SessionTunnel
{
    private const int OwnStream = SessionChannels.OwnStream;
    private const int MaxStreams = 1024;

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<int> _withheld = [];

    private void Require(in Instruction instruction, bool drawn)
    {
        var names = GuacdConnection.ReadRequired(instruction).Distinct(StringComparer.Ordinal).ToList();
        if (_parameters.Lacking(names) is { Count: > 0 } lacking)
        {
            _logger.ParametersLacking(_subject.Id, string.Join(", ", lacking));
            _targetEnd = Ended(drawn, ErrorReason.ConnectionMisconfigured) with { Parameters = lacking };
        }
        else if (names.Exists(name => !_asked.Add(name)))
        {
            // It has the answer already and did not take it: another time could lock the account.
            _targetEnd = Ended(drawn, ErrorReason.TargetCredentialRefused);
        }
        else if (names.Count > 0)
        {
            _ = GuardAsync(cancellation => AnswerRequiredAsync(names, drawn, cancellation), SessionEndReason.GuacdLost, _personLeft);
        }
    }

    private async Task AnswerRequiredAsync(List<string> names, bool drawn, CancellationToken cancellation)
    {
        try
        {
            foreach (var name in names)
                await _guacd.AnswerRequiredAsync(OwnStream, name, await _parameters.ValueAsync(name, cancellation), cancellation);
            _logger.ParametersAsked(_subject.Id, string.Join(", ", names));
        }
        catch (RelayException exception)
        {
            End(Ended(drawn, exception.Reason));
        }
    }

    // Whether the person must not see it.
    private bool IsWithheld(InstructionClass c, in Instruction instruction)
    {
        switch (c)
        {
            case InstructionClass.Required:
                return true;
            case InstructionClass.Ack:
                return instruction.TryGetInt32(1, out var answered) && answered == OwnStream;
            case InstructionClass.Argv:
                break;
            default:
                return false;
        }

        if (!instruction.TryGetInt32(1, out var stream) || stream is < 0 or >= MaxStreams) return true;
        if (instruction.Is(Opcodes.End)) return _withheld.Remove(stream);
        if (!instruction.Is(Opcodes.Argv)) return _withheld.Contains(stream);
        var secret = instruction.Count <= 3 || _parameters.IsSecret(instruction.GetString(3));
        if (secret) _withheld.Add(stream);
        else _withheld.Remove(stream);
        return secret;
    }

    private static SessionOutcome Ended(bool drawn, ErrorReason reason) =>
        SessionOutcome.Of(drawn ? SessionEndReason.TargetError : SessionEndReason.ConnectFailed, reason);
}
