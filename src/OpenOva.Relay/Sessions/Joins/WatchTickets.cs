using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.Joins;

/// <summary>A ticket to watch, for the page to hand to the browser.</summary>
internal sealed record WatchTicket(string Ticket, long ExpiresUs)
{
    public override string ToString() => nameof(WatchTicket);
}

/// <summary>
/// One-use tickets to watch a session in a browser: a page takes the purpose and the tunnel's cookie carries the ticket, since neither belongs in a URL.
/// Who may watch is asked again when it is redeemed.
/// </summary>
internal sealed class WatchTickets(RelayDatabase database, SessionJoins joins, SessionsOptions options, TimeProvider time)
{
    /// <summary>A ticket for this person and session, for as long as a tunnel's ticket.</summary>
    /// <exception cref="RelayException">As <see cref="SessionJoins.FindAsync"/>.</exception>
    public async Task<WatchTicket> MakeAsync(Caller watcher, string session, string purpose, CancellationToken cancellation)
    {
        var row = await joins.FindAsync(watcher, session, purpose, cancellation);
        var made = new WatchTicket(SessionTickets.Make(), (time.GetUtcNow() + options.TicketLifetime).ToUnixMicroseconds());
        await database.ExecuteAsync(
            """
            INSERT INTO session_watch_tickets (hash, organisation, session, client, purpose, expires_us)
            VALUES (@hash, @Organisation, @Id, @client, @purpose, @ExpiresUs)
            """,
            new { hash = SessionTickets.Hash(made.Ticket), row.Organisation, row.Id, client = HolderOf(watcher), purpose, made.ExpiresUs },
            cancellation);
        return made;
    }

    /// <summary>The purpose that was given for it; the ticket is used up.</summary>
    /// <exception cref="RelayException">TICKET_REFUSED.</exception>
    public async Task<string> RedeemAsync(Caller watcher, string session, string ticket, CancellationToken cancellation)
    {
        var key = new { hash = SessionTickets.Hash(ticket), organisation = watcher.Organisation, session, client = HolderOf(watcher) };
        var redeemed = await database.ExecuteAsync(
            """
            UPDATE session_watch_tickets SET redeemed_us = relay_now_us() WHERE hash = @hash AND organisation = @organisation AND session = @session
            AND client = @client AND redeemed_us IS NULL AND expires_us > relay_now_us()
            """,
            key,
            cancellation);
        if (redeemed != 1) throw new RelayException(ErrorReason.TicketRefused);
        return await database.QuerySingleOrDefaultAsync<string>("SELECT purpose FROM session_watch_tickets WHERE hash = @hash", key, cancellation)
            ?? throw new RelayException(ErrorReason.TicketRefused);
    }

    private static string HolderOf(Caller watcher) => TicketHolder.Of(new CallerFeature(watcher, null), null).Client;
}
