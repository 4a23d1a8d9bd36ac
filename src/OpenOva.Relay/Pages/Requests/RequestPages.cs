using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Pages.Frame;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages.Requests;

/// <summary>A request with the names of those in it.</summary>
internal sealed record RequestEntry(AccessRequest Request, string Person, bool IsOwn);

internal sealed record RequestsModel(IReadOnlyList<RequestEntry> Waiting, IReadOnlyList<RequestEntry> Others, string Next, bool IsApprover);

/// <summary>One request, and what the person can do with it.</summary>
/// <param name="Deciders">By account, the names of those who decided.</param>
internal sealed record RequestModel(
    RequestEntry Entry, IReadOnlyDictionary<(string Issuer, string Subject), string> Deciders, bool MayDecide, bool MayRevoke, string FormToken);

/// <summary>Requests for access: of the person himself, and for approvers those that wait for them.</summary>
internal sealed class RequestPages(RequestReader reader, AccessDecisions decisions, Approver approvers, PersonNames names)
{
    private const int PageSize = 100;

    public async Task<IResult> ListAsync(HttpContext context)
    {
        var caller = context.Callers().Caller;
        var before = context.Request.Query["before"] is [{ } id] && Guid.TryParseExact(id, "D", out _) ? id : "g";
        var (found, next) = await reader.ListAsync(caller, AccessRequestState.Unspecified, before, PageSize, context.RequestAborted);
        var known = await names.OfAsync(caller.Organisation, found.Select(request => (request.Issuer, request.Subject)), context.RequestAborted);
        var entries = found.Select(request => new RequestEntry(request, known[(request.Issuer, request.Subject)], IsOwn(caller, request))).ToList();
        var model = new RequestsModel(
            entries.FindAll(entry => entry.Request.State == AccessRequestState.Pending), entries.FindAll(entry => entry.Request.State != AccessRequestState.Pending), next,
            caller.Has(CallerRoles.Approver));
        return PageRenderer.Page<RequestsBody>(PageFrame.Of(context, "Requests", "local-times.js", "refresh.js"), model);
    }

    public async Task<IResult> ShowAsync(string id, HttpContext context)
    {
        var caller = context.Callers().Caller;
        var request = await reader.GetAsync(caller, id, context.RequestAborted);
        var deciders = await names.OfAsync(caller.Organisation, request.Decisions.Select(decision => (decision.Issuer, decision.Subject)), context.RequestAborted);
        var isApprover = approvers.MatchedRoles(caller, request.Organisation, request.Connection) is not null;
        var isOwn = IsOwn(caller, request);
        var model = new RequestModel(
            new(request, await names.OfAsync(caller.Organisation, request.Issuer, request.Subject, context.RequestAborted), isOwn), deciders,
            isApprover && !isOwn && request.State == AccessRequestState.Pending && !request.Decisions.Any(decision => decision.Issuer == caller.Issuer && decision.Subject == caller.Subject),
            request.State switch
            {
                AccessRequestState.Approved => isOwn || isApprover || caller.Has(CallerRoles.SecurityOfficer),
                AccessRequestState.Pending => isOwn || caller.Has(CallerRoles.SecurityOfficer), // an approver denies it
                _ => false,
            },
            context.Features.Get<BrowserFeature>()?.Secret.FormToken ?? "");
        return PageRenderer.Page<RequestBody>(PageFrame.Of(context, $"Access to {request.Connection}", "local-times.js", "refresh.js"), model);
    }

    public async Task<IResult> DecideAsync(string id, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var verdict = form["verdict"].ToString() switch
        {
            "approve" => AccessRequestVerdict.Approve,
            "deny" => AccessRequestVerdict.Deny,
            _ => throw RelayException.InvalidField("verdict"),
        };
        await decisions.DecideAsync(context.Callers().Caller, id, verdict, form["comment"].ToString(), context.RequestAborted);
        return Results.Redirect($"/requests/{id}?done={(verdict == AccessRequestVerdict.Approve ? "approved" : "denied")}");
    }

    public async Task<IResult> RevokeAsync(string id, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        await decisions.RevokeAsync(context.Callers().Caller, id, form["reason"].ToString(), context.RequestAborted);
        return Results.Redirect($"/requests/{id}?done=revoked");
    }

    private static bool IsOwn(Caller caller, AccessRequest request) => request.Issuer == caller.Issuer && request.Subject == caller.Subject;
}
