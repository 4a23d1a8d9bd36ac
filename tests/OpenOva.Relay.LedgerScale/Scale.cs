using System.Globalization;

namespace OpenOva.Relay.LedgerScale;

internal static class Scale
{
    public static void Tell(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Events a second that a ledger must take.</summary>
    public const double LeastRate = 2_000;

    /// <summary>Milliseconds below which a leaf must be proved.</summary>
    public const double ProofLimitMs = 5;

    /// <summary>Says a number and what it is held against; false: it fails.</summary>
    public static bool Holds(string what, double number, bool holds, string demanded)
    {
        Tell($"{(holds ? "holds" : "FAILS")}: {number:n2} {what}, {demanded} demanded");
        return holds;
    }

    public static void Tell(string line) => Console.WriteLine(line);
}
