namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>A test of the canonical list: what it asks and, where this version cannot answer, why.</summary>
/// <param name="Title">Short.</param>
/// <param name="Predicate">What must hold.</param>
/// <param name="Item">What one item of the population is.</param>
/// <param name="NotTested">What the answer leaves open, printed with every result.</param>
/// <param name="Missing">Why every answer is NOT_EVIDENCED; null where the test is evaluated.</param>
internal sealed record EvidenceTest(string Id, string Title, string Predicate, string Item, string NotTested, string? Missing = null);

/// <summary>The canonical tests T01 to T28.</summary>
internal static class EvidenceTests
{
    private const string Session = "session";

    public static IReadOnlyList<EvidenceTest> All { get; } =
    [
        new("T01a", "Reconciliation within the ledger",
            "Per day (UTC) and protocol: allowed decisions = openings = ends; recorded ends = sealed recordings; every view is of a sealed recording; leaf numbers are gapless.",
            "day and protocol", "What never reached Relay is not in its ledger: that is T01b."),
        Absent("T01b", "Reconciliation with an independent feed", "No feed that is independent of Relay (logons on targets, Kubernetes audit) is connected."),
        new("T02", "Attribution", "The session is attributed to one issuer and subject, the same that was decided on.", Session,
            "Which account was used on the target, and whether it is shared or a break-glass account, is not in the ledger and was not tested; nor that an account stands for one natural person only."),
        new("T03", "Strong authentication", "The claims give a level of at least the required one, and authentication is recent enough.", Session,
            "The level rests on what the identity provider states; factors (amr) are not in the ledger."),
        new("T04", "Prior authorisation", "An allowed decision precedes the start, for the same person and the same declaration of the connection; approval terms are met where the connection has them.", Session,
            "Whether the roles themselves were rightly granted is tested by T11 and T12."),
        new("T05", "Segregation of duties", "The person has no duty that conflicts with the target.", Session, "Self-approval is a clause of T04."),
        new("T06", "Recorded", "Where recording was required: sealed, complete, coverage and longest gap within limits, no declared gap.", Session,
            "Coverage is measured by the recorder's heartbeats; what a recording shows is for a person to review."),
        new("T07", "Integrity", "Read back and recomputed as sealed, chain held, stamped from elsewhere in time, locked by the store.", Session,
            "The recomputation in the ledger is Relay's own; relay-verify repeats it on recordings that are in the bundle."),
        Absent("T08", "Review", "Reviews of sessions other than emergencies are not recorded in this version."),
        Absent("T09", "Emergency access", "Emergency sessions, their reviews and the rotation of the credential are in the ledger; this version does not evaluate them."),
        Absent("T10", "Ticket link", "Ticket references are in the ledger as commitments, and requests with what a ticket system answered where one was asked; this version does not evaluate them."),
        Absent("T11", "Workforce status", "No personnel feed is connected."),
        Absent("T12", "Recertified right", "No feed of recertifications is connected."),
        Absent("T13", "Session limits", "What a session was bound to, its warnings and its end are in the ledger; this version does not evaluate them."),
        Absent("T14", "Clock", "Clock offsets are not measured in this version."),
        Absent("T15", "Encryption and keys", "The transport's and the store's encryption are not in the ledger in this version."),
        Absent("T16", "Logging health", "Outages of what the service depends on, and its starts and stops, are in the ledger; this version does not evaluate them."),
        Absent("T17", "Alert handling", "No alert feed is connected."),
        Absent("T18", "Third-party mapping", "No register of contracts and providers is connected."),
        Absent("T19", "Access to recordings", "Entitlement to recordings is not evaluated in this version; views are counted in T01a."),
        Absent("T20", "Retention", "Deletions and holds are not evaluated in this version."),
        Absent("T21", "Notice", "The version of the notice that was acknowledged is in the ledger; this version does not evaluate it."),
        Absent("T22", "Bypass", "No independent feed of logons on the targets is connected, so ways around the gateway would not be seen."),
        Absent("T23", "Secret minimisation", "Recordings are not scanned for secrets in this version."),
        Absent("T24", "Configuration baseline", "Changes of configuration are not evaluated in this version."),
        Absent("T25", "Restore drill", "Restore drills are not recorded in this version."),
        Absent("T26", "Dual control", "Who watched a session live, from when to when, is in the ledger; this version does not evaluate it."),
        Absent("T27", "Incident pack", "Incident packs are not made in this version."),
        Absent("T28", "Reproducibility", "A report cannot testify to its own repetition: make it a second time for the same head and compare result/."),
    ];

    /// <summary>Codes whose exceptions are critical whatever the target; all others are rated by the criticality of the asset, which the ledger does not hold.</summary>
    public static bool IsCritical(string code) =>
        code.StartsWith("E01", StringComparison.Ordinal) || code is "E04a" or "E04c" or "E06a" or "E07a" or "E07b" or "E16b" or "E22";

    public static EvidenceTest? Find(string id) => All.FirstOrDefault(test => test.Id == id);

    /// <summary>The tests that are judged session by session, in order.</summary>
    public static IReadOnlyList<EvidenceTest> BySession { get; } = [.. All.Where(test => test is { Missing: null, Item: Session })];

    /// <summary>All findings of a session, in the order of <see cref="BySession"/>.</summary>
    public static IReadOnlyList<SessionFinding> Evaluate(SessionEvidence session, ReportParameters parameters) =>
    [
        AttributionTest.Evaluate(session),
        AuthenticationTest.Evaluate(session, parameters),
        AuthorisationTest.Evaluate(session),
        SegregationTest.Evaluate(session),
        RecordedTest.Evaluate(session, parameters),
        IntegrityTest.Evaluate(session),
    ];

    private static EvidenceTest Absent(string id, string title, string missing) => new(id, title, "", "", "", missing);
}
