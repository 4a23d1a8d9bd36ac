using System.CommandLine;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify;

/// <summary>The command line of relay-verify. Exit codes are those of the evidence format, section 5.3; what cannot be read or understood ends with 2.</summary>
internal static class VerifyCommand
{
    private const int CannotVerify = 2;
    private const int MaxKnownHeadBytes = 16 << 20;

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
          witnessed        the history is the one of a ledger head that somebody else kept (--known-head)
          none             integrity is not HELD

        Completeness, relative to Relay's ledger in this bundle, whatever the exit code:
          COMPLETE       every grant, opening, end and recording of the range is reconciled
          OPEN           some are not; they are listed
          NOT_EVIDENCED  the ledger is not here or does not hold

        A fingerprint proves something only if you have it from elsewhere than the bundle or whoever sent it.
        """;

    public static int Run(string[] args, Terminal terminal)
    {
        var json = args.Contains("--json", StringComparer.Ordinal);
        var bundle = "";
        try
        {
            var bundleFile = new Argument<string>("BUNDLE") { Description = "The bundle's file." };
            var trust = new Option<string?>("--trust") { HelpName = "FINGERPRINT", Description = "The root key's thumbprint, obtained elsewhere than with the bundle." };
            var knownHead = new Option<string[]>("--known-head") { HelpName = "FILE", Description = "Ledger heads that somebody else kept, one checkpoint a line. May be given several times." };
            var asJson = new Option<bool>("--json") { Description = "Writes the result as one JSON object." };
            var command = new RootCommand(About) { bundleFile, trust, knownHead, asJson };
            command.Directives.Clear();
            // "@" may begin a file's name; it does not read arguments from a file.
            var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0) return Refuse(string.Join(" ", parsed.Errors.Select(e => e.Message)) + " See relay-verify --help.");
            if (parsed.Action is not null) return parsed.Invoke(new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error });
            bundle = parsed.GetRequiredValue(bundleFile);
            return Verify(bundle, parsed.GetValue(trust)?.Trim(), parsed.GetValue(knownHead) ?? [], json, terminal);
        }
        catch (Exception e)
        {
            return Refuse(e.Message);
        }

        int Refuse(string message)
        {
            terminal.Error.WriteLine($"relay-verify: {Terminal.Plain(message)}");
            if (json) terminal.Output.WriteLine(JsonReport.Refused(bundle, CannotVerify, message));
            return CannotVerify;
        }
    }

    private static int Verify(string bundle, string? trusted, string[] knownHeadFiles, bool json, Terminal terminal)
    {
        var knownHeads = knownHeadFiles.SelectMany(ReadKnownHeads).ToList();
        using var file = File.OpenRead(bundle);
        if (!file.CanSeek) throw new IOException($"{bundle} is not a regular file.");
        using var progress = new ProgressStream(file, terminal);
        var verdict = BundleVerifier.Verify(progress, trusted, knownHeads);
        progress.Done();
        if (json) terminal.Output.WriteLine(JsonReport.Of(bundle, verdict));
        else TextReport.Write(verdict, trusted, terminal);
        return verdict.ExitCode;
    }

    private static IEnumerable<byte[]> ReadKnownHeads(string path)
    {
        if (new FileInfo(path).Length > MaxKnownHeadBytes) throw new IOException($"{path} is larger than {MaxKnownHeadBytes} bytes.");
        var content = File.ReadAllBytes(path).AsMemory();
        if (content.Length > 0 && content.Span[^1] == '\n') content = content[..^1];
        while (true)
        {
            var feed = content.Span.IndexOf((byte)'\n');
            yield return (feed < 0 ? content : content[..feed]).ToArray();
            if (feed < 0) yield break;
            content = content[(feed + 1)..];
        }
    }
}
