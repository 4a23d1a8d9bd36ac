using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Integration;

/// <summary>What a call is about, so that owner and organisation mean something.</summary>
internal enum Concerns
{
    /// <summary>The caller's organisation as a whole: a role admits or does not.</summary>
    Organisation,

    /// <summary>A connection, which is the caller's where one of his roles is in its audience.</summary>
    Connection,

    /// <summary>A session or its recording, which is the caller's where he opened it.</summary>
    Session,

    /// <summary>A report, which is its organisation's, whoever asked for it.</summary>
    Report,

    /// <summary>A request for access, which is the caller's where he asked.</summary>
    Request,

    /// <summary>An emergency session, which is the caller's where he opened it.</summary>
    Emergency,

    /// <summary>The holder of a ticket: the role opens the door, the ticket decides.</summary>
    Ticket,
}

/// <summary>
/// Who may make one call: role by owner (own, another's). There is no column for another organisation's objects, because no call reaches them.
/// </summary>
/// <param name="Route">The gRPC method, or the HTTP method and pattern.</param>
/// <param name="Concerns">What its objects are.</param>
internal sealed record AuthorizationRow(string Route, Concerns Concerns = Concerns.Organisation)
{
    /// <summary>On other people's objects of their organisation.</summary>
    public CallerRoles Others { get; init; }

    /// <summary>On their own objects.</summary>
    public CallerRoles Own { get; init; }

    /// <summary>Without any token.</summary>
    public bool Anonymous { get; init; }

    /// <summary>The call needs a person's token; a gateway alone is told so.</summary>
    public bool NeedsPerson { get; init; }

    /// <summary>Whoever has a token reaches the call, which decides and keeps the decision.</summary>
    public bool Decides { get; init; }

    /// <summary>Every role that any object of the call admits.</summary>
    public CallerRoles Any => Others | Own;
}

/// <summary>
/// The table of DESIGN's section 5: a route of the running server without a row here fails the build, and so does a row without a route. A new row is a decision
/// about who may do what; say why in its commit.
/// </summary>
internal static class AuthorizationMatrix
{
    private const CallerRoles SeesSessions = CallerRoles.Auditor | CallerRoles.SecurityOfficer | CallerRoles.Approver | CallerRoles.Job;
    private const CallerRoles EndsSessions = CallerRoles.SecurityOfficer | CallerRoles.Approver;
    private const CallerRoles Reads = CallerRoles.Auditor | CallerRoles.Reviewer;
    private const CallerRoles SeesConnections = CallerRoles.Admin | CallerRoles.Auditor;
    private const CallerRoles MakesReports = CallerRoles.Auditor | CallerRoles.Job;
    private const CallerRoles SeesRequests = CallerRoles.Auditor | CallerRoles.SecurityOfficer | CallerRoles.Job | CallerRoles.Approver;
    private const CallerRoles ReviewsEmergencies = CallerRoles.Reviewer | CallerRoles.SecurityOfficer;
    private const CallerRoles SeesRequestPages = CallerRoles.Auditor | CallerRoles.SecurityOfficer | CallerRoles.Approver;
    private const CallerRoles SeesSessionPages = CallerRoles.Auditor | CallerRoles.SecurityOfficer | CallerRoles.Approver | CallerRoles.Reviewer;
    private const string Package = "/openova.relay.v1.";

    public static IReadOnlyList<AuthorizationRow> Rows { get; } =
    [
        new(Package + "ConnectionService/List") { Others = SeesConnections, Own = SeesConnections | CallerRoles.Operator },
        new(Package + "ConnectionService/Get", Concerns.Connection) { Others = SeesConnections, Own = SeesConnections | CallerRoles.Operator },

        new(Package + "AccessService/Request", Concerns.Connection) { Own = CallerRoles.Operator },

        // His own he may not decide on: he is told so, since it is his.
        new(Package + "AccessService/Decide", Concerns.Request) { Others = CallerRoles.Approver, Own = CallerRoles.Approver },
        new(Package + "AccessService/Revoke", Concerns.Request)
        {
            Others = CallerRoles.Approver | CallerRoles.SecurityOfficer, Own = CallerRoles.Approver | CallerRoles.SecurityOfficer | CallerRoles.Operator,
        },
        new(Package + "AccessService/Get", Concerns.Request) { Others = SeesRequests, Own = SeesRequests | CallerRoles.Operator },
        new(Package + "AccessService/List") { Others = SeesRequests, Own = SeesRequests | CallerRoles.Operator },
        new(Package + "AccessService/Watch") { Others = SeesRequests, Own = SeesRequests | CallerRoles.Operator },
        new(Package + "AccessService/ListReviews") { Others = ReviewsEmergencies | CallerRoles.Auditor },
        new(Package + "AccessService/Review", Concerns.Emergency) { Others = ReviewsEmergencies, Own = ReviewsEmergencies },
        new(Package + "AccessService/ConfirmRotation", Concerns.Emergency)
        {
            Others = CallerRoles.SecurityOfficer | CallerRoles.Admin, Own = CallerRoles.SecurityOfficer | CallerRoles.Admin,
        },

        new(Package + "SessionService/Open", Concerns.Connection) { Own = CallerRoles.Operator, NeedsPerson = true, Decides = true },
        new(Package + "SessionService/Tunnel", Concerns.Ticket) { Others = CallerRoles.Gateway, Own = CallerRoles.Gateway | CallerRoles.Operator },
        new(Package + "SessionService/Get", Concerns.Session) { Others = SeesSessions, Own = SeesSessions | CallerRoles.Operator },
        new(Package + "SessionService/Terminate", Concerns.Session) { Others = EndsSessions, Own = EndsSessions | CallerRoles.Operator },
        new(Package + "SessionService/Lock", Concerns.Session) { Others = EndsSessions, Own = EndsSessions },
        new(Package + "SessionService/Watch") { Others = SeesSessions, Own = SeesSessions | CallerRoles.Operator },

        // His own he may not watch: he is told so, since it is his.
        new(Package + "SessionService/Join", Concerns.Session) { Others = EndsSessions, Own = EndsSessions },
        new(Package + "SessionService/List") { Others = SeesSessions, Own = SeesSessions | CallerRoles.Operator },

        // Nobody reads his own, whatever else he is.
        new(Package + "RecordingService/Get", Concerns.Session) { Others = Reads },
        new(Package + "RecordingService/Stream", Concerns.Session) { Others = Reads },
        new(Package + "RecordingService/Verify", Concerns.Session) { Others = Reads | CallerRoles.Job },

        new(Package + "LedgerService/GetCheckpoint") { Others = CallerRoles.Auditor | CallerRoles.Job },
        new(Package + "LedgerService/GetInclusionProof") { Others = CallerRoles.Auditor | CallerRoles.Job },
        new(Package + "LedgerService/GetConsistencyProof") { Others = CallerRoles.Auditor | CallerRoles.Job },
        new(Package + "LedgerService/Tail") { Others = CallerRoles.Auditor | CallerRoles.Job },

        new(Package + "ReportService/ListFrameworks") { Others = MakesReports },
        new(Package + "ReportService/Create") { Others = MakesReports },
        new(Package + "ReportService/List") { Others = MakesReports },
        new(Package + "ReportService/Get", Concerns.Report) { Others = MakesReports },
        new(Package + "ReportService/Watch", Concerns.Report) { Others = MakesReports },
        new(Package + "ReportService/Download", Concerns.Report) { Others = MakesReports },

        new("GET /healthz") { Anonymous = true },
        new("GET /readyz") { Anonymous = true },
        new("GET /metrics") { Anonymous = true },

        // The person himself: his cookie holds the ticket, to his session or to watch another's. CONNECT is the same over HTTP/2.
        new("GET /tunnel", Concerns.Ticket) { Own = CallerRoles.Operator | EndsSessions },
        new("CONNECT /tunnel", Concerns.Ticket) { Own = CallerRoles.Operator | EndsSessions },

        // Its logout token is its own proof.
        new("POST /auth/backchannel-logout") { Anonymous = true },

        // Signing in: whoever does has no token yet. Signing out is everyone's who is signed in.
        new("GET /auth/sign-in") { Anonymous = true },
        new("GET /auth/callback") { Anonymous = true },
        new("POST /auth/sign-out") { Decides = true },
        new("GET /sign-in") { Anonymous = true },
        new("GET /signed-out") { Anonymous = true },
        new("GET /assets/{version}/{name}") { Anonymous = true },

        // Pages: what the gRPC call behind each admits.
        new("GET /") { Decides = true },
        new("GET /connections/{name}", Concerns.Connection) { Others = SeesConnections, Own = SeesConnections | CallerRoles.Operator },
        new("POST /connections/{name}/open", Concerns.Connection) { Own = CallerRoles.Operator, NeedsPerson = true, Decides = true },
        new("POST /connections/{name}/requests", Concerns.Connection) { Own = CallerRoles.Operator },
        new("GET /requests") { Others = SeesRequestPages, Own = SeesRequestPages | CallerRoles.Operator },
        new("GET /requests/{id}", Concerns.Request) { Others = SeesRequestPages, Own = SeesRequestPages | CallerRoles.Operator },
        new("POST /requests/{id}/decision", Concerns.Request) { Others = CallerRoles.Approver, Own = CallerRoles.Approver },
        new("POST /requests/{id}/revocation", Concerns.Request)
        {
            Others = CallerRoles.Approver | CallerRoles.SecurityOfficer, Own = CallerRoles.Approver | CallerRoles.SecurityOfficer | CallerRoles.Operator,
        },
        new("GET /sessions") { Others = SeesSessionPages, Own = SeesSessionPages | CallerRoles.Operator },
        new("GET /sessions/{id}", Concerns.Session) { Others = SeesSessionPages, Own = SeesSessionPages | CallerRoles.Operator },
        new("GET /sessions/{id}/screen", Concerns.Session) { Own = CallerRoles.Operator },
        new("POST /sessions/{id}/watch", Concerns.Session) { Others = EndsSessions },
        new("GET /sessions/{id}/watch", Concerns.Session) { Others = EndsSessions },
        new("POST /sessions/{id}/termination", Concerns.Session) { Others = EndsSessions, Own = EndsSessions | CallerRoles.Operator },
        new("POST /sessions/{id}/lock", Concerns.Session) { Others = EndsSessions, Own = EndsSessions },
        new("GET /emergencies") { Others = ReviewsEmergencies | CallerRoles.Auditor },
        new("POST /emergencies/{id}/review", Concerns.Emergency) { Others = ReviewsEmergencies, Own = ReviewsEmergencies },
        new("POST /emergencies/{id}/rotation", Concerns.Emergency)
        {
            Others = CallerRoles.SecurityOfficer | CallerRoles.Admin, Own = CallerRoles.SecurityOfficer | CallerRoles.Admin,
        },
        new("GET /recordings/{id}", Concerns.Session) { Others = Reads },
        new("POST /recordings/{id}/views", Concerns.Session) { Others = Reads },
        new("GET /recordings/{id}/replay", Concerns.Session) { Others = Reads },
        new("GET /recordings/{id}/index", Concerns.Session) { Others = Reads },
        new("GET /recordings/{id}/object", Concerns.Session) { Others = Reads },

        // The development issuer, in Development and on loopback alone.
        new("GET /realms/{realm}/protocol/openid-connect/auth") { Anonymous = true },
        new("POST /realms/{realm}/protocol/openid-connect/auth") { Anonymous = true },
        new("GET /realms/{realm}/.well-known/openid-configuration") { Anonymous = true },
        new("GET /realms/{realm}/protocol/openid-connect/certs") { Anonymous = true },
        new("POST /realms/{realm}/protocol/openid-connect/token") { Anonymous = true },
    ];

    public static AuthorizationRow Of(string route) => Rows.Single(row => row.Route == route);
}
