using System.CommandLine;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify;

/// <summary>The command line of relay-verify. Exit codes are those of the evidence format, section 5.3; what cannot be read or understood ends with 2.</summary>
internal static class VerifyCommand
{
    private const int CannotVerify = 2;

    private const string About = """
        Verifies an evidence bundle of OpenOva Relay offline. Nothing is asked of Relay or of any server.

        Exit codes:
          0  all required checks held
          1  a check failed: something was changed, or was never right
          2  something required is missing, or the root key is not one you trust, or the bundle or the command line cannot be read

        Integrity:
          HELD        every required check held, under the root key that you named with --trust
          UNANCHORED  everything fits together, but no trusted fingerprint says whose it is: anyone can make such a bundle
          INCOMPLETE  nothing failed, but a required part is not in the bundle
          FAILED      a check failed; the line says which part

        Strength:
          operator-signed  holds as far as you trust the holder of the organisation's keys not to have written another history
          timestamped      a time-stamping authority that you trust saw the head of this history (--tsa-ca)
          witnessed        the history is the one of a ledger head that somebody else kept (--known-head)
          none             integrity is not HELD

        Completeness, relative to Relay's ledger in this bundle, whatever the exit code:
          COMPLETE       every grant, opening, end and recording of the range is reconciled
          OPEN           some are not; they are listed
          NOT_EVIDENCED  the ledger is not here or does not hold

        A fingerprint proves something only if you have it from elsewhere than the bundle or whoever sent it.
        """;

    private const string AboutLedger = """
        Verifies an export of a whole ledger offline: relay ledger export, or what a SIEM kept of it. A folder is read as its .jsonl files in order of names.
        Any leaf that was deleted, changed or moved is found, and with --known-head a history that was written anew. Verdicts and exit codes are those of a bundle.
        """;

    public static int Run(string[] args, Terminal terminal)
    {
        var json = args.Contains("--json", StringComparer.Ordinal);
        var subject = "";
        try
        {
            var options = new VerifyOptions();
            var bundle = new Argument<string>("BUNDLE") { Description = "The bundle's file." };
            var command = new RootCommand(About) { bundle };
            options.AddTo(command);
            command.SetAction(parsed => VerifyBundle(subject = parsed.GetRequiredValue(bundle), options, parsed, terminal));
            var export = new Argument<string>("EXPORT") { Description = "The export's file, or a folder of its pieces." };
            var ledger = new Command("ledger", AboutLedger) { export };
            ledger.SetAction(parsed => VerifyLedger(subject = parsed.GetRequiredValue(export), options, parsed, terminal));
            command.Subcommands.Add(ledger);
            command.Directives.Clear();
            // "@" may begin a file's name; it does not read arguments from a file.
            var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0) return Refuse(string.Join(" ", parsed.Errors.Select(e => e.Message)) + " See relay-verify --help.");
            return parsed.Invoke(new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception e)
        {
            return Refuse(e.Message);
        }

        int Refuse(string message)
        {
            terminal.Error.WriteLine($"relay-verify: {Terminal.Plain(message)}");
            if (json) terminal.Output.WriteLine(JsonReport.Refused(subject, CannotVerify, message));
            return CannotVerify;
        }
    }

    private static int VerifyBundle(string bundle, VerifyOptions options, ParseResult parsed, Terminal terminal)
    {
        var reliance = options.Reliance(parsed);
        using var file = File.OpenRead(bundle);
        if (!file.CanSeek) throw new IOException($"{bundle} is not a regular file.");
        using var progress = new ProgressStream(file, "a bundle", terminal);
        var verdict = BundleVerifier.Verify(progress, reliance);
        progress.Done();
        return Tell("bundle", bundle, verdict, reliance, options.AsJson(parsed), terminal);
    }

    private static int VerifyLedger(string export, VerifyOptions options, ParseResult parsed, Terminal terminal)
    {
        var reliance = options.Reliance(parsed);
        var verdict = LedgerVerifier.Verify(Parts(export, terminal), reliance);
        return Tell("ledger", export, verdict, reliance, options.AsJson(parsed), terminal);
    }

    private static IEnumerable<Stream> Parts(string export, Terminal terminal)
    {
        var files = Directory.Exists(export) ? [.. Directory.GetFiles(export, "*.jsonl").Order(StringComparer.Ordinal)] : new[] { export };
        if (files.Length == 0) throw new IOException($"{export} holds no .jsonl file.");
        foreach (var name in files)
        {
            using var file = File.OpenRead(name);
            using var progress = new ProgressStream(file, "an export", terminal);
            yield return progress;
            progress.Done();
        }
    }

    private static int Tell(string kind, string subject, Verdict verdict, Reliance reliance, bool json, Terminal terminal)
    {
        if (json) terminal.Output.WriteLine(JsonReport.Of(kind, subject, verdict));
        else TextReport.Write(verdict, reliance.Fingerprint, terminal);
        return verdict.ExitCode;
    }
}
