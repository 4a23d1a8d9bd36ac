using System.Collections.Concurrent;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Sessions;

/// <summary>Which issuers answer after accounts. A replica whose issuer does not is as able as the others, so this decides no readiness.</summary>
internal sealed class RecheckHealth : IReadinessDetail
{
    private readonly ConcurrentDictionary<string, bool> _answers = new(StringComparer.Ordinal);

    public string Name => "recheck";

    public bool IsWell => _answers.Values.All(answers => answers);

    /// <summary>True: that is news.</summary>
    public bool Note(string issuer, bool answers)
    {
        var before = true;
        _answers.AddOrUpdate(issuer, answers, (_, was) =>
        {
            before = was;
            return answers;
        });
        return before != answers;
    }
}
