namespace OpenOva.Relay.Reports.Html;

/// <summary>What a report of this version leaves open, whatever it found.</summary>
internal static class LimitationTexts
{
    public static IReadOnlyList<string> All { get; } =
    [
        "The report covers access through the gateway only. Ways around it would not be seen: that needs an independent feed of logons on the targets (T01b, T22).",
        "Completeness and integrity are claimed relative to the organisation's ledger. Without stamps or heads that another party holds, they are at most operator-signed.",
        "Terminal recordings show output. Commands can be hidden by encoding, scripts and terminal control sequences.",
        "A recording of a screen proves what was displayed, not what was intended.",
        "The strength of an identity is the identity provider's. The ledger holds what it stated, not how it came to know.",
        "File transfers, forwarded ports and jobs without a person are seen only as far as they are logged; clipboard and file contents are not kept.",
        "Thresholds are the policy of the operator unless their provenance says regulatory.",
        "What the ledger does not hold is counted as NOT EVIDENCED. It is never counted as a pass and never leaves the population.",
        "Risk acceptances are not recorded in this version: no item is counted as an ACCEPTED EXCEPTION.",
        "Which systems are in scope of internal control over financial reporting is not in the ledger. The population holds all sessions of the organisation.",
        "The administrators of the system that made this report, and the controls over them, are outside of it.",
        "References marked K or X are to be confirmed before they are relied on. This is not legal advice.",
    ];
}
