namespace OpenOva.Relay.Evidence.Verification;

/// <summary>How a check ended.</summary>
public enum CheckOutcome
{
    /// <summary>What it checks is so.</summary>
    Held,

    /// <summary>What it checks is not so.</summary>
    Failed,

    /// <summary>Something required is not there.</summary>
    Missing,

    /// <summary>It could not be made, or was not asked for.</summary>
    NotMade,
}

/// <summary>One check: its name (README.md section 5.3), its outcome, and the part it is about.</summary>
public sealed record Check(string Name, CheckOutcome Outcome, string Detail)
{
    /// <summary>The outcome as it is written: held, failed, missing, not-made.</summary>
    public string OutcomeName => Outcome switch
    {
        CheckOutcome.Held => "held",
        CheckOutcome.Failed => "failed",
        CheckOutcome.Missing => "missing",
        _ => "not-made",
    };
}

/// <summary>The checks in the order they were made, and what they need of each other.</summary>
public sealed class CheckList
{
    private readonly List<Check> _checks = [];
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public IReadOnlyList<Check> All => _checks;

    /// <summary>Whether a check was made and held.</summary>
    public bool Held(string name) => _held.Contains(name);

    /// <summary>Notes an outcome.</summary>
    public void Add(string name, CheckOutcome outcome, string detail)
    {
        _checks.Add(new(name, outcome, detail));
        if (outcome == CheckOutcome.Held) _held.Add(name);
    }

    /// <summary>Makes a check if what it needs held. Malformed evidence is a failure, absent evidence is missing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="needs">Checks that must have held.</param>
    /// <param name="check">Returns what held; throws <see cref="EvidenceFormatException"/>, <see cref="EvidenceMissingException"/> or <see cref="CheckNotMadeException"/> otherwise.</param>
    public bool Make(string name, ReadOnlySpan<string> needs, Func<string> check)
    {
        foreach (var need in needs)
        {
            if (Held(need)) continue;
            Add(name, CheckOutcome.NotMade, $"needs {need}");
            return false;
        }

        try
        {
            Add(name, CheckOutcome.Held, check());
            return true;
        }
        catch (CheckNotMadeException e)
        {
            Add(name, CheckOutcome.NotMade, e.Message);
        }
        catch (EvidenceMissingException e)
        {
            Add(name, CheckOutcome.Missing, e.Message);
        }
        catch (EvidenceFormatException e)
        {
            Add(name, CheckOutcome.Failed, e.Message);
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or OperationCanceledException or OutOfMemoryException))
        {
            // The last guard against hostile input: what this verifier did not foresee must not pass, nor end it.
            Add(name, CheckOutcome.Failed, $"unexpected {e.GetType().Name}: {e.Message}");
        }

        return false;
    }
}

/// <summary>A check that nobody requires has nothing to be made of.</summary>
public sealed class CheckNotMadeException(string message) : Exception(message);

/// <summary>Something that a check requires is not there.</summary>
public sealed class EvidenceMissingException(string message) : Exception(message);
