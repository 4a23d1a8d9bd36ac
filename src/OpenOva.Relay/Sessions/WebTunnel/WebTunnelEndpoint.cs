using System.Globalization;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.WebTunnel;

/// <summary>
/// <c>GET /tunnel</c>, upgraded to a WebSocket of the subprotocol <c>guacamole</c>: the door of browsers. A browser's script cannot read why an upgrade was
/// refused, so what concerns the session is told afterwards: by <c>error</c>, and by the close code and the decimal status of Guacamole's table.
/// </summary>
internal sealed class WebTunnelEndpoint(
    SessionCarrier carrier, SessionJoins joins, WatchTickets watchTickets, TunnelCookies cookies, WebOrigin origin, RefusedOrigins refused, SessionsOptions options, TimeProvider time, ILogger<WebTunnelEndpoint> logger)
{
    public const string Path = "/tunnel";
    private const string Subprotocol = "guacamole";

    /// <exception cref="RelayException">There is no upgrade.</exception>
    public async Task HandleAsync(HttpContext context)
    {
        var callers = context.Callers();
        // A gateway's backend has a door of its own; its token adds nothing here.
        if (callers.Person is not { } person) throw new RelayException(ErrorReason.TokenRefused);
        await CheckOriginAsync(context, person);
        if (!context.WebSockets.IsWebSocketRequest) throw RelayException.InvalidField("Upgrade");
        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol, StringComparer.Ordinal)) throw RelayException.InvalidField("Sec-WebSocket-Protocol");
        var query = WebTunnelQuery.Of(context.Request);
        if (!person.Has(query.Watch ? SessionJoins.Watchers : CallerRoles.Operator)) throw new RelayException(ErrorReason.NotPermitted);
        var ticket = TunnelCookies.Read(context, query.Session, query.Watch) ?? "";

        cookies.Take(context, query.Session, query.Watch);
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = Subprotocol, KeepAliveInterval = options.WebKeepAlive, KeepAliveTimeout = options.WebKeepAlive,
        });
        using var link = new WebTunnelLink(socket, query.Notices, time) { OnlyWatches = query.Watch };
        link.Start();
        await ServeAsync(context, link, query.Watch ? () => WatchAsync(person, query, ticket, link) : () => CarryAsync(context, person, query, ticket, link));
    }

    private async Task CheckOriginAsync(HttpContext context, Caller person)
    {
        if (origin.Admits(context.Request)) return;
        await refused.NoteAsync(person, context.Request);
        throw new RelayException(ErrorReason.OriginRefused);
    }

    private async Task ServeAsync(HttpContext context, WebTunnelLink link, Func<Task<GuacamoleStatus>> serve)
    {
        var status = GuacamoleStatus.ServerError;
        try
        {
            status = await serve();
        }
        catch (OperationCanceledException) when (link.Left.IsCancellationRequested)
        {
            status = GuacamoleStatus.Success;
        }
        catch (Exception exception)
        {
            var failed = FailedCall.Of(exception, context, time, logger);
            status = StatusOf(failed);
            await link.RefuseAsync(ErrorTable.Of(failed.Reason).Text, status);
        }
        finally
        {
            await link.CloseAsync(status);
        }
    }

    private async Task<GuacamoleStatus> CarryAsync(HttpContext context, Caller person, WebTunnelQuery query, string ticket, WebTunnelLink link)
    {
        var holder = TicketHolder.Of(new CallerFeature(person, null), PersonAddress.Of(context));
        var outcome = await carrier.CarryAsync(holder, ticket, query.Session, query.Display, link, _ => { }, link.Left);
        return (GuacamoleStatus)outcome.Status;
    }

    private async Task<GuacamoleStatus> WatchAsync(Caller watcher, WebTunnelQuery query, string ticket, WebTunnelLink link)
    {
        var purpose = await watchTickets.RedeemAsync(watcher, query.Session, ticket, link.Left);
        var row = await joins.FindAsync(watcher, query.Session, purpose, link.Left);
        var outcome = await joins.JoinAsync(watcher, row, purpose, query.Display, _ => link, link.Left);
        return outcome.Failure is { } failure ? throw new RelayException(failure) : GuacamoleStatus.Success;
    }

    // What guacd itself said is more exact than the table.
    private static GuacamoleStatus StatusOf(FailedCall failed) =>
        failed.Details.TryGetValue("guacamole_status", out var told) && int.TryParse(told, CultureInfo.InvariantCulture, out var status)
            ? (GuacamoleStatus)status
            : (GuacamoleStatus)ErrorTable.Of(failed.Reason).GuacamoleStatus;
}
