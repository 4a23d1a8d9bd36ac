using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>A number of instructions and their bytes.</summary>
public readonly record struct Tally(long Count, long Bytes)
{
    /// <summary>The sum.</summary>
    /// <exception cref="OverflowException">It has no 64 bits: a sum that wraps around could seem to balance.</exception>
    public static Tally operator +(Tally a, Tally b) => checked(new(a.Count + b.Count, a.Bytes + b.Bytes));

    /// <summary>The difference.</summary>
    public static Tally operator -(Tally a, Tally b) => checked(new(a.Count - b.Count, a.Bytes - b.Bytes));

    /// <summary>As JSON.</summary>
    public JsonObject ToJson() => new() { ["count"] = Count, ["bytes"] = Bytes };

    /// <summary>From JSON.</summary>
    public static Tally FromJson(EvidenceObject json) => new(json.Count("count"), json.Count("bytes"));
}

/// <summary>
/// What came since a session began, by class. The equation of every manifest stands here: recorded = received - left out + synthesised.
/// </summary>
public sealed class ClassTotals
{
    private readonly Tally[] _tallies = new Tally[256];

    /// <summary>One class's tally.</summary>
    public Tally this[InstructionClass c] => _tallies[(byte)c];

    /// <summary>All that guacd sent after ready.</summary>
    public Tally Received => Sum(c => c != InstructionClass.Synthesised);

    /// <summary>What of it is not in the recording.</summary>
    public Tally LeftOut => Sum(c => !c.IsRecorded());

    /// <summary>The pointer instructions that Relay made.</summary>
    public Tally Synthesised => this[InstructionClass.Synthesised];

    /// <summary>What is in the recording.</summary>
    public Tally Recorded => Received - LeftOut + Synthesised;

    /// <summary>Counts instructions of one class.</summary>
    public void Add(InstructionClass c, long count, long bytes) => _tallies[(byte)c] += new Tally(count, bytes);

    /// <summary>Every class that has a tally, synthesised among them.</summary>
    public IEnumerable<(InstructionClass Class, Tally Tally)> NonZero()
    {
        for (var i = 0; i < _tallies.Length; i++)
        {
            if (_tallies[i] != default) yield return ((InstructionClass)i, _tallies[i]);
        }
    }

    /// <summary>The <c>classes</c> member of a segment header: classes of guacd's instructions that have a tally.</summary>
    public JsonObject ClassesToJson(bool withRecorded)
    {
        var json = new JsonObject();
        foreach (var (c, tally) in NonZero().Where(t => t.Class != InstructionClass.Synthesised))
        {
            var entry = tally.ToJson();
            if (withRecorded) entry["recorded"] = c.IsRecorded();
            json[c.Name()] = entry;
        }

        return json;
    }

    /// <summary>The manifest's <c>totals</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["received"] = Received.ToJson(),
        ["left_out"] = LeftOut.ToJson(),
        ["synthesised"] = Synthesised.ToJson(),
        ["recorded"] = Recorded.ToJson(),
        ["classes"] = ClassesToJson(withRecorded: true),
    };

    private Tally Sum(Func<InstructionClass, bool> of) => NonZero().Where(t => of(t.Class)).Aggregate(default(Tally), (sum, t) => sum + t.Tally);
}
