using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify;

/// <summary>The result for a reader: every check in a table, then the verdicts, each on its own line. Colour repeats what the words say.</summary>
internal static class TextReport
{
    public static void Write(Verdict verdict, string? trusted, Terminal terminal)
    {
        var width = verdict.Checks.Max(c => c.Name.Length);
        foreach (var check in verdict.Checks)
        {
            var outcome = terminal.Coloured(check.OutcomeName.PadRight("not-made".Length), Colour(check.Outcome));
            terminal.Output.WriteLine($"{Terminal.Plain(check.Name).PadRight(width)}  {outcome}  {Terminal.Plain(check.Detail)}".TrimEnd());
        }

        terminal.Output.WriteLine();
        terminal.Output.WriteLine($"Integrity:     {terminal.Coloured(verdict.Integrity, verdict.ExitCode switch { 0 => "32", 1 => "31", _ => "33" })}");
        terminal.Output.WriteLine($"Completeness:  {verdict.Completeness} (relative to Relay's ledger)");
        foreach (var open in verdict.Open) terminal.Output.WriteLine($"               {Terminal.Plain(open)}");
        terminal.Output.WriteLine($"Strength:      {verdict.Strength}");
        terminal.Output.WriteLine($"Fingerprint:   {verdict.Fingerprint ?? "unknown: the key history cannot be read"}");
        if (verdict.Fingerprint is null) return;
        if (trusted is null)
            terminal.Output.WriteLine("No trusted fingerprint was given. Obtain the organisation's fingerprint elsewhere than with this bundle, and give it with --trust.");
        else if (trusted != verdict.Fingerprint)
            terminal.Output.WriteLine($"This is not the fingerprint that you trust ({Terminal.Plain(trusted)}).");
    }

    private static string Colour(CheckOutcome outcome) => outcome switch
    {
        CheckOutcome.Held => "32",
        CheckOutcome.Failed => "31",
        CheckOutcome.Missing => "33",
        _ => "2",
    };
}
