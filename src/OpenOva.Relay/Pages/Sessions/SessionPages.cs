using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Pages.Frame;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.Sessions.WebTunnel;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages.Sessions;

/// <summary>A session with its person's name.</summary>
internal sealed record SessionEntry(SessionRow Row, string Person, bool IsOwn)
{
    public SessionState State => SessionNames.State(Row.State);

    public bool IsLive => State is SessionState.Connecting or SessionState.Connected;
}

internal sealed record SessionsModel(IReadOnlyList<SessionEntry> Live, IReadOnlyList<SessionEntry> Past, string Next);

/// <summary>One session, and what the person can do with it.</summary>
internal sealed record SessionModel(SessionEntry Entry, bool MayEnd, bool MayLock, bool MayWatch, bool MayReplay, string FormToken)
{
    /// <summary>What crossed its channels, oldest first.</summary>
    public IReadOnlyList<TransferRow> Transfers { get; init; } = [];

    /// <summary>There are more than these.</summary>
    public bool HasMoreTransfers { get; init; }
}

/// <summary>Sessions: the person's own, and for those who oversee them all of the organisation's.</summary>
internal sealed class SessionPages(
    RelayDatabase database, SessionOrders orders, SessionLocks locks, WatchTickets watches, TunnelCookies cookies, Persons persons, PersonNames names,
    ConnectionCatalog catalog, TransferRecords transfers)
{
    private const CallerRoles SeeAll = PageRoles.SeesSessions & ~CallerRoles.Operator;
    private const int PageSize = 100;
    private const int MaxTransfers = 100;

    public async Task<IResult> ListAsync(HttpContext context)
    {
        var caller = context.Callers().Caller;
        var before = context.Request.Query["before"] is [{ } id] && Guid.TryParseExact(id, "D", out _) ? id : "g";
        var all = caller.Has(SeeAll);
        var rows = await SessionQueries.ListAsync(
            database, caller.Organisation, all ? null : caller.Issuer, all ? null : caller.Subject, before, PageSize, context.RequestAborted);
        var known = await names.OfAsync(caller.Organisation, rows.Select(row => (row.Issuer, row.Subject)), context.RequestAborted);
        var entries = rows.Select(row => new SessionEntry(row, known[(row.Issuer, row.Subject)], IsOwn(caller, row))).ToList();
        var model = new SessionsModel(entries.FindAll(entry => entry.IsLive), entries.FindAll(entry => !entry.IsLive), rows.Count == PageSize ? rows[^1].Id : "");
        return PageRenderer.Page<SessionsBody>(PageFrame.Of(context, "Sessions", "local-times.js", "refresh.js"), model);
    }

    public async Task<IResult> ShowAsync(string id, HttpContext context)
    {
        var caller = context.Callers().Caller;
        var row = await FindAsync(caller, SeeAll, id, context.RequestAborted);
        // A person, not an account: nobody watches or replays what he does himself through another one.
        var isOwn = await persons.IsOwnAsync(database, caller, row.Issuer, row.Subject, context.RequestAborted);
        var entry = new SessionEntry(row, await names.OfAsync(caller.Organisation, row.Issuer, row.Subject, context.RequestAborted), isOwn);
        var found = await transfers.ListAsync(row.Organisation, row.Id, MaxTransfers + 1, context.RequestAborted);
        var oversees = caller.Has(PageRoles.EndsSessions);
        var model = new SessionModel(
            entry, entry.IsLive && (oversees || IsOwn(caller, row)), entry.IsLive && oversees, entry.State == SessionState.Connected && oversees && !isOwn,
            row.SealedUs is not null && caller.Has(PageRoles.ReadsRecordings) && !isOwn, context.Features.Get<BrowserFeature>()?.Secret.FormToken ?? "")
        {
            Transfers = [.. found.Take(MaxTransfers)],
            HasMoreTransfers = found.Count > MaxTransfers,
        };
        return PageRenderer.Page<SessionBody>(PageFrame.Of(context, $"Session on {row.Connection}", "local-times.js", "refresh.js"), model);
    }

    public async Task<IResult> TerminateAsync(string id, HttpContext context)
    {
        var (caller, purpose) = (context.Callers().Caller, await PurposeAsync(context));
        var row = await FindAsync(caller, PageRoles.EndsSessions, id, context.RequestAborted);
        await orders.EndAsync(row.Organisation, row.Id, new EndOrder(SessionEndReason.Terminated, caller.Issuer, caller.Subject, purpose), context.RequestAborted);
        return Results.Redirect($"/sessions/{row.Id}?done=terminated");
    }

    public async Task<IResult> LockAsync(string id, HttpContext context)
    {
        var (caller, purpose) = (context.Callers().Caller, await PurposeAsync(context));
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var isLocked = form["locked"] == "1";
        var row = await FindAsync(caller, PageRoles.EndsSessions, id, context.RequestAborted);
        await locks.OrderAsync(row.Organisation, row.Id, isLocked, caller, purpose, context.RequestAborted);
        return Results.Redirect($"/sessions/{row.Id}?done={(isLocked ? "locked" : "unlocked")}");
    }

    // The person's own screen, for the account that opened it alone.
    public async Task<IResult> ScreenAsync(string id, HttpContext context)
    {
        var caller = context.Callers().Caller;
        var row = await FindAsync(caller, CallerRoles.None, id, context.RequestAborted);
        return PageRenderer.Page<ScreenBody>(
            PageFrame.Of(context, row.Connection, "screen.js") with { IsScreen = true }, new ScreenModel(row.Id, row.Connection, row.RecordingRequired, row.UntilUs ?? 0, IsWatch: false, ChannelsOf(row)));
    }

    // Of the version that the session was opened on: of another one it would not be carried.
    private Channels ChannelsOf(SessionRow row) =>
        catalog.Snapshot.Find(row.Organisation, row.Connection)?.Connection is { } connection && connection.Digest == row.ConnectionDigest ? connection.Channels : Channels.None;

    public async Task<IResult> WatchAsync(string id, HttpContext context)
    {
        var (caller, purpose) = (context.Callers().Caller, await PurposeAsync(context));
        var made = await watches.MakeAsync(caller, id, purpose, context.RequestAborted);
        cookies.Hand(context, id, made.Ticket, made.ExpiresUs, watch: true);
        return Results.Redirect($"/sessions/{id}/watch");
    }

    public async Task<IResult> WatchScreenAsync(string id, HttpContext context)
    {
        var row = await FindAsync(context.Callers().Caller, PageRoles.EndsSessions, id, context.RequestAborted);
        return PageRenderer.Page<ScreenBody>(
            PageFrame.Of(context, $"Watching {row.Connection}", "screen.js") with { IsScreen = true }, new ScreenModel(row.Id, row.Connection, row.RecordingRequired, row.UntilUs ?? 0, IsWatch: true));
    }

    private static async Task<string> PurposeAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var purpose = form["purpose"].ToString();
        SessionBroker.CheckPurpose(purpose);
        return purpose;
    }

    // The same answer for a session that is not there and for one that is none of the caller's.
    private async Task<SessionRow> FindAsync(Caller caller, CallerRoles any, string id, CancellationToken cancellation)
    {
        var row = Guid.TryParseExact(id, "D", out _) ? await SessionQueries.FindAsync(database, caller.Organisation, id, cancellation) : null;
        return row is not null && (caller.Has(any) || IsOwn(caller, row)) ? row : throw new RelayException(ErrorReason.NotPermitted);
    }

    private static bool IsOwn(Caller caller, SessionRow row) => row.Issuer == caller.Issuer && row.Subject == caller.Subject;
}

/// <summary>What the screen shows.</summary>
internal sealed record ScreenModel(string Session, string Connection, bool IsRecorded, long UntilUs, bool IsWatch, Channels Channels = Channels.None)
{
    public string ClipboardText => (Allows(Channels.ClipboardIn), Allows(Channels.ClipboardOut)) switch
    {
        (true, true) => "What stands here is the target's clipboard; what you put here goes to the target.",
        (true, false) => "What you put here goes to the target. The target's clipboard does not come here.",
        _ => "What stands here is the target's clipboard. Nothing can be sent to it.",
    };

    public bool Allows(Channels some) => Channels.HasAny(some);
}
