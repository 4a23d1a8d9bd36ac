using OpenOva.Relay.Access;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Pages.Frame;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Sessions.WebTunnel;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages.Connections;

/// <summary>The connections that a person reaches; asking for one, and opening one.</summary>
internal sealed class ConnectionPages(
    ConnectionCatalog catalog, RequestReader requests, AccessRequests access, SessionBroker broker, TunnelCookies cookies, NoticeOf notice, AccessOptions options, TimeProvider time)
{
    private const CallerRoles SeeAll = CallerRoles.Admin | CallerRoles.Auditor;
    private const int Most = 200;
    private const int MinutesADay = 24 * 60;

    public async Task<IResult> ListAsync(HttpContext context)
    {
        var caller = context.Callers().Caller;
        var own = await OwnAsync(caller, context.RequestAborted);
        var entries = catalog.Snapshot.Entries.Select(entry => entry.Connection)
            .Where(connection => IsVisible(caller, connection))
            .OrderBy(connection => connection.Name, StringComparer.Ordinal)
            .Select(connection => Entry(caller, connection, own))
            .ToList();
        return PageRenderer.Page<ConnectionsBody>(PageFrame.Of(context, "Connections"), new ConnectionsModel(entries, caller.Has(CallerRoles.Operator)));
    }

    public async Task<IResult> ShowAsync(string name, HttpContext context)
    {
        var caller = context.Callers().Caller;
        var connection = Find(caller, name);
        var policies = catalog.Snapshot.PoliciesFor(connection);
        var own = await OwnAsync(caller, context.RequestAborted);
        var longest = connection.Jit?.MaxDurationMinutes ?? (int)options.MaxDuration.TotalMinutes;
        var model = new ConnectionModel(Entry(caller, connection, own), policies, notice(connection), context.Features.Get<BrowserFeature>()?.Secret.FormToken ?? "")
        {
            Requests = [.. own.Where(request => request.Connection == name)],
            MayBreakGlass = MayBreakGlass(caller, connection),
            MaxMinutes = Math.Min(longest, MinutesADay),
        };
        return PageRenderer.Page<ConnectionBody>(PageFrame.Of(context, connection.Name, "local-times.js"), model);
    }

    public async Task<IResult> OpenAsync(string name, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var caller = context.Callers();
        var wanted = new WantedSession(
            name, form["purpose"].ToString(), form["ticket_reference"].ToString(), PersonAddress.Of(context), form["break_glass"] == "1", form["notice"].ToString());
        // Whoever has not ticked the notice has not been told; the form says so before it comes here.
        if (wanted.AcknowledgedNotice.Length == 0) throw RelayException.InvalidField("acknowledged_notice");
        var opened = await broker.OpenAsync(caller, wanted, context.RequestAborted);
        cookies.Hand(context, opened.Id, opened.Ticket, opened.ExpiresUs);
        return Results.Redirect($"/sessions/{opened.Id}/screen");
    }

    public async Task<IResult> RequestAsync(string name, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (!int.TryParse(form["minutes"], System.Globalization.CultureInfo.InvariantCulture, out var minutes) || minutes is < 1 or > MinutesADay) throw RelayException.InvalidField("minutes");
        var from = StartOf(form["from"].ToString());
        var until = (from == 0 ? time.GetUnixMicroseconds() : from) + (long)TimeSpan.FromMinutes(minutes).TotalMicroseconds;
        var wanted = new WantedAccess(name, form["reason"].ToString(), form["ticket_reference"].ToString(), from, until, form["extends_session"].ToString());
        var id = await access.RequestAsync(context.Callers().Caller, wanted, context.RequestAborted);
        return Results.Redirect($"/requests/{id}?done=requested");
    }

    // What a datetime-local field holds, in UTC; empty: now.
    private static long StartOf(string text)
    {
        if (text.Length == 0) return 0;
        return DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var from)
            ? from.ToUnixMicroseconds()
            : throw RelayException.InvalidField("from");
    }

    private Relay.Connections.Connection Find(Caller caller, string name) =>
        catalog.Snapshot.Find(caller.Organisation, name)?.Connection is { } connection && IsVisible(caller, connection) ? connection : throw new RelayException(ErrorReason.NotPermitted);

    private bool IsVisible(Caller caller, Relay.Connections.Connection connection) =>
        caller.Organisation == connection.Organisation && (caller.Has(SeeAll) || AccessPolicy.Reaches(caller, connection) || MayBreakGlass(caller, connection));

    // Whoever may open it in an emergency alone must find it in one.
    private bool MayBreakGlass(Caller caller, Relay.Connections.Connection connection)
    {
        var rules = PolicyRules.Of<PolicyRule.BreakGlass>(catalog.Snapshot.PoliciesFor(connection)).ToList();
        return caller.Has(CallerRoles.Operator) && rules.Count > 0 && rules.TrueForAll(found => found.Rule.Roles.Any(caller.TokenRoles.Contains));
    }

    private ConnectionEntry Entry(Caller caller, Relay.Connections.Connection connection, IReadOnlyList<AccessRequest> own)
    {
        var now = time.GetUnixMicroseconds();
        return new ConnectionEntry(
            connection, AccessPolicy.Reaches(caller, connection), Approvals.Needs(connection, catalog.Snapshot.PoliciesFor(connection)).Count > 0,
            own.Any(request => request.Connection == connection.Name && request.State == AccessRequestState.Approved && request.FromUs <= now && now < request.UntilUs));
    }

    private async Task<IReadOnlyList<AccessRequest>> OwnAsync(Caller caller, CancellationToken cancellation)
    {
        if (!caller.Has(CallerRoles.Operator)) return [];
        var (found, _) = await requests.ListAsync(caller, AccessRequestState.Unspecified, "g", Most, cancellation);
        return [.. found.Where(request => request.Issuer == caller.Issuer && request.Subject == caller.Subject && request.State is AccessRequestState.Pending or AccessRequestState.Approved)];
    }
}
