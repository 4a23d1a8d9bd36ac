using System.Text;
using OpenOva.Relay.Reports.Html;
using OpenOva.Relay.Reports.Results;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>The bundle's files for reading.</summary>
internal static class BundleTexts
{
    public static string ReadMe(ReportSummary summary, string reportId) =>
        $"""
        Session evidence bundle
        =======================
        Report {reportId}: records supporting controls of {summary.Parameters.Framework.ToUpperInvariant()}
        for {summary.Parameters.Organisation}, {Text.Period(summary)}.
        Pinned to the ledger head of {summary.Parameters.HeadSize} leaves, root
        {summary.Parameters.HeadRoot}

        What is here
        ------------
        result/          the results. They depend only on the head, the parameters, the
                         catalogue and the engine's version: made again, they are the
                         same byte for byte.
          report.html    the report, to be read in any browser; report.json for machines
          population.csv every session of the period
          tests/         one row for each session and test
          exceptions.csv every exception, with empty columns for owner, cause and remedy
        report.pdf       the same page; it declares PDF/A-3b (absent where no renderer is
                         installed)
        persons.csv      clear names of the accounts, with the salts of their commitments
        run.json         who asked, when, with which software and parameters
        custody.jsonl    what happened to this bundle until it was closed, hash chained
        limitations.md   what the report leaves open
        keys/, ledger/   the signing keys' history, the signed head and the leaves
        recordings/      sealed recordings, if they were asked for
        bundle.jws       the signed list of all files

        CSV files are UTF-8 by RFC 4180, with a line feed alone at the end of lines. A field
        that a spreadsheet would take for a formula has an apostrophe in front. Times are
        UTC.

        How to verify
        -------------
        1. Get the fingerprint of the organisation's root key (43 characters) from
           somewhere else than this bundle: from an earlier engagement, from the security
           officer in person, from a published notice. A fingerprint that is taken from
           the thing to be verified proves nothing; without one the verdict is UNANCHORED.
        2. relay-verify bundle.zip --trust FINGERPRINT
           Exit code 0: all required checks held; 1: one failed; 2: something required is
           missing or not anchored. Every check is listed, also those not made.
        3. If you kept the head of an earlier report (its ledger/checkpoint.jws):
           relay-verify bundle.zip --trust FINGERPRINT --known-head FILE
           shows that nothing before that head was changed since.
        The formats are public (the project's src/OpenOva.Relay.Evidence/README.md), and a
        second verifier in Python was written from that page alone:
           python3 verify.py bundle.zip --trust FINGERPRINT
        """.ReplaceLineEndings("\n") + "\n";

    public static string Limitations(bool withPdf, CopiedRecordings recordings)
    {
        var text = new StringBuilder("# Limitations\n\n");
        foreach (var limitation in LimitationTexts.All) text.Append("- ").Append(limitation).Append('\n');
        if (!withPdf) text.Append("- This installation has no PDF renderer: the bundle has no report.pdf.\n");
        foreach (var missing in recordings.Missing) text.Append("- The recording of session ").Append(missing).Append(" was not found in the object store and is not in the bundle.\n");
        foreach (var own in recordings.Own) text.Append("- The recording of session ").Append(own).Append(" is not in the bundle: the session is of the person who asked for the report.\n");
        return text.ToString();
    }
}
