using Grpc.Core;
using OpenOva.Relay.Access.Emergency;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access;

/// <summary>The door of <c>openova.relay.v1.AccessService</c>.</summary>
internal sealed class AccessGrpcService(
    AccessRequests requests, AccessDecisions decisions, RequestReader reader, RequestWatch watch, EmergencyReviews reviews, RelayDatabase database)
    : AccessService.AccessServiceBase
{
    private const CallerRoles Reviewers = CallerRoles.Reviewer | CallerRoles.SecurityOfficer;
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 500;

    [Allow(CallerRoles.None, Own = CallerRoles.Operator)]
    public override async Task<AccessServiceRequestResponse> Request(AccessServiceRequestRequest request, ServerCallContext context)
    {
        var caller = Person(context);
        var wanted = new WantedAccess(request.Connection, request.Reason, request.TicketReference, request.FromUs, request.UntilUs, request.ExtendsSession);
        var id = await requests.RequestAsync(caller, wanted, context.CancellationToken);
        return new() { Request = await reader.GetAsync(caller, id, context.CancellationToken) };
    }

    [Allow(CallerRoles.None, Own = CallerRoles.Approver)]
    public override async Task<AccessServiceDecideResponse> Decide(AccessServiceDecideRequest request, ServerCallContext context)
    {
        var caller = Person(context);
        await decisions.DecideAsync(caller, request.RequestId, request.Verdict, request.Comment, context.CancellationToken);
        return new() { Request = await reader.GetAsync(caller, request.RequestId, context.CancellationToken) };
    }

    [Allow(CallerRoles.SecurityOfficer, Own = CallerRoles.Operator | CallerRoles.Approver)]
    public override async Task<AccessServiceRevokeResponse> Revoke(AccessServiceRevokeRequest request, ServerCallContext context)
    {
        var caller = Person(context);
        await decisions.RevokeAsync(caller, request.RequestId, request.Reason, context.CancellationToken);
        return new() { Request = await reader.GetAsync(caller, request.RequestId, context.CancellationToken) };
    }

    [Allow(RequestReader.SeeAll, Own = CallerRoles.Operator | CallerRoles.Approver)]
    public override async Task<AccessServiceGetResponse> Get(AccessServiceGetRequest request, ServerCallContext context) =>
        new() { Request = await reader.GetAsync(context.Callers().Caller, request.RequestId, context.CancellationToken) };

    [Allow(RequestReader.SeeAll, Own = CallerRoles.Operator | CallerRoles.Approver)]
    public override async Task<AccessServiceListResponse> List(AccessServiceListRequest request, ServerCallContext context)
    {
        var (found, next) = await reader.ListAsync(
            context.Callers().Caller, request.State, Before(request.PageToken), Size(request.PageSize), context.CancellationToken);
        return new() { Requests = { found }, NextPageToken = next };
    }

    [Allow(RequestReader.SeeAll, Own = CallerRoles.Operator | CallerRoles.Approver)]
    public override Task Watch(AccessServiceWatchRequest request, IServerStreamWriter<AccessServiceWatchResponse> responses, ServerCallContext context) =>
        watch.RunAsync(context.Callers().Caller, found => responses.WriteAsync(new() { Request = found }, context.CancellationToken), context.CancellationToken);

    [Allow(Reviewers | CallerRoles.Auditor)]
    public override async Task<AccessServiceListReviewsResponse> ListReviews(AccessServiceListReviewsRequest request, ServerCallContext context)
    {
        var size = Size(request.PageSize);
        var rows = await ReviewQueries.ListAsync(
            database, context.Callers().Caller.Organisation, request.Owed, Before(request.PageToken), size, context.CancellationToken);
        return new() { Reviews = { rows.Select(Message) }, NextPageToken = rows.Count == size ? rows[^1].Session : "" };
    }

    [Allow(Reviewers)]
    public override async Task<AccessServiceReviewResponse> Review(AccessServiceReviewRequest request, ServerCallContext context) =>
        new() { Review = Message(await reviews.ReviewAsync(Person(context), request.SessionId, request.Outcome, request.Comment, context.CancellationToken)) };

    [Allow(CallerRoles.SecurityOfficer | CallerRoles.Admin)]
    public override async Task<AccessServiceConfirmRotationResponse> ConfirmRotation(AccessServiceConfirmRotationRequest request, ServerCallContext context) =>
        new() { Review = Message(await reviews.ConfirmRotationAsync(Person(context), request.SessionId, context.CancellationToken)) };

    // Asking and deciding are a person's: a gateway carries his token beside its own.
    private static Caller Person(ServerCallContext context) => context.Callers().Person ?? throw new RelayException(ErrorReason.TokenRefused);

    private static int Size(int asked) => asked switch
    {
        0 => DefaultPageSize,
        > 0 and <= MaxPageSize => asked,
        _ => throw RelayException.InvalidField("page_size"),
    };

    // "g" stands after every id.
    private static string Before(string pageToken) =>
        pageToken.Length == 0 ? "g" : Guid.TryParseExact(pageToken, "D", out _) ? pageToken : throw RelayException.InvalidField("page_token");

    private static EmergencyReview Message(ReviewRow row) => new()
    {
        SessionId = row.Session,
        Connection = row.Connection,
        Issuer = row.Issuer,
        Subject = row.Subject,
        OpenedUs = row.OpenedUs,
        DueUs = row.DueUs,
        Outcome = RequestNames.Outcome(row.Outcome),
        Comment = row.Comment ?? "",
        ReviewerIssuer = row.ReviewerIssuer ?? "",
        ReviewerSubject = row.ReviewerSubject ?? "",
        ReviewedUs = row.ReviewedUs ?? 0,
        RotatedUs = row.RotatedUs ?? 0,
    };
}
