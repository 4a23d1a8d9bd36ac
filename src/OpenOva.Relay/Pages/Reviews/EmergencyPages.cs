using OpenOva.Relay.Access.Emergency;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Pages.Frame;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages.Reviews;

/// <summary>An emergency session with the names of those in it.</summary>
internal sealed record EmergencyEntry(ReviewRow Row, string Person, string Reviewer, bool MayReview, bool MayConfirm, bool IsLate);

internal sealed record EmergenciesModel(IReadOnlyList<EmergencyEntry> Owed, IReadOnlyList<EmergencyEntry> Reviewed, string FormToken);

/// <summary>Emergency sessions: the reviews that are owed, and those that were made.</summary>
internal sealed class EmergencyPages(RelayDatabase database, EmergencyReviews reviews, PersonNames names, TimeProvider time)
{
    private const CallerRoles Reviewers = CallerRoles.Reviewer | CallerRoles.SecurityOfficer;
    private const CallerRoles Confirmers = CallerRoles.SecurityOfficer | CallerRoles.Admin;
    private const int Most = 200;

    public async Task<IResult> ListAsync(HttpContext context)
    {
        var caller = context.Callers().Caller;
        var rows = await ReviewQueries.ListAsync(database, caller.Organisation, false, "g", Most, context.RequestAborted);
        var entries = new List<EmergencyEntry>();
        foreach (var row in rows) entries.Add(await EntryAsync(caller, row, context.RequestAborted));
        var model = new EmergenciesModel(
            entries.FindAll(entry => entry.Row.ReviewedUs is null), entries.FindAll(entry => entry.Row.ReviewedUs is not null),
            context.Features.Get<BrowserFeature>()?.Secret.FormToken ?? "");
        return PageRenderer.Page<EmergenciesBody>(PageFrame.Of(context, "Emergencies", "local-times.js"), model);
    }

    public async Task<IResult> ReviewAsync(string id, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var outcome = form["outcome"].ToString() switch
        {
            "accepted" => ReviewOutcome.Accepted,
            "rejected" => ReviewOutcome.Rejected,
            _ => throw RelayException.InvalidField("outcome"),
        };
        await reviews.ReviewAsync(context.Callers().Caller, id, outcome, form["comment"].ToString(), context.RequestAborted);
        return Results.Redirect("/emergencies?done=reviewed");
    }

    public async Task<IResult> ConfirmRotationAsync(string id, HttpContext context)
    {
        await reviews.ConfirmRotationAsync(context.Callers().Caller, id, context.RequestAborted);
        return Results.Redirect("/emergencies?done=rotated");
    }

    private async Task<EmergencyEntry> EntryAsync(Caller caller, ReviewRow row, CancellationToken cancellation)
    {
        var person = await names.OfAsync(row.Organisation, row.Issuer, row.Subject, cancellation);
        var reviewer = row.ReviewerSubject is { } subject ? await names.OfAsync(row.Organisation, row.ReviewerIssuer ?? "", subject, cancellation) : "";
        var isOwn = row.Issuer == caller.Issuer && row.Subject == caller.Subject;
        return new(
            row, isOwn ? "you" : person, reviewer, row.ReviewedUs is null && caller.Has(Reviewers) && !isOwn, row.RotatedUs is null && caller.Has(Confirmers) && !isOwn,
            row.ReviewedUs is null && row.DueUs < time.GetUnixMicroseconds());
    }
}
