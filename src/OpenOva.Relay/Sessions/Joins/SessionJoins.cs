using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.Joins;

/// <summary>Lets approvers and security officers watch live sessions of others: who, why and how long is evidence.</summary>
internal sealed class SessionJoins(
    RelayDatabase database, Persons persons, LiveSessions live, JoinRecords records, LedgerStage ledger, SignOuts signOuts, ReplicaName replica, SessionsOptions options,
    TimeProvider time, ILogger<SessionJoins> logger)
{
    public const CallerRoles Watchers = CallerRoles.SecurityOfficer | CallerRoles.Approver;

    /// <summary>The session, where this person may watch it now.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED, OWN_DOING, INVALID_ARGUMENT, or WRONG_STATE: nobody has come to it yet, or it is over.</exception>
    public async Task<SessionRow> FindAsync(Caller watcher, string session, string purpose, CancellationToken cancellation)
    {
        SessionBroker.CheckPurpose(purpose);
        // What is no id is looked up nowhere: a NUL in it would be an error of PostgreSQL's, and so another answer.
        var row = watcher.Has(Watchers) && Guid.TryParseExact(session, "D", out _)
            ? await SessionQueries.FindAsync(database, watcher.Organisation, session, cancellation)
            : null;
        if (row is null) throw new RelayException(ErrorReason.NotPermitted);
        if (await persons.IsOwnAsync(database, watcher, row.Issuer, row.Subject, cancellation)) throw new RelayException(ErrorReason.OwnDoing);
        if (row is not { Replica: not null, EndedUs: null }) throw new RelayException(ErrorReason.WrongState);
        return row;
    }

    /// <summary>Shows the session to the watcher until something ends that.</summary>
    /// <param name="watcher">Who may.</param>
    /// <param name="row">As <see cref="FindAsync"/> found it.</param>
    /// <param name="purpose">Why; in the ledger before he sees anything.</param>
    /// <param name="display">What his client can take.</param>
    /// <param name="link">His end, told the id of the join and when it is over at the latest.</param>
    /// <param name="cancellation">He left.</param>
    /// <exception cref="RelayException">Nothing was shown: CARRIED_ELSEWHERE, WRONG_STATE, LIMIT_REACHED, or what guacd said.</exception>
    public async Task<JoinOutcome> JoinAsync(
        Caller watcher, SessionRow row, string purpose, TunnelDisplay? display, Func<JoinRow, IUserLink> link, CancellationToken cancellation)
    {
        if (row.Replica != replica.Name) throw new RelayException(ErrorReason.CarriedElsewhere, ("replica", row.Replica ?? ""));
        var tunnel = live.Find(row.Id) ?? throw new RelayException(ErrorReason.WrongState);
        using var join = new SessionJoin(ledger.NextId(), options.ReaderQueueBytes, time);
        tunnel.Enter(join);
        try
        {
            return await ShowAsync(tunnel, join, watcher, row, purpose, display, link, cancellation);
        }
        finally
        {
            tunnel.Leave(join);
        }
    }

    private async Task<JoinOutcome> ShowAsync(
        SessionTunnel tunnel, SessionJoin join, Caller watcher, SessionRow row, string purpose, TunnelDisplay? display, Func<JoinRow, IUserLink> link, CancellationToken cancellation)
    {
        var now = time.GetUnixMicroseconds();
        var record = new JoinRow
        {
            Organisation = row.Organisation, Id = join.Id, Session = row.Id, Issuer = watcher.Issuer, Subject = watcher.Subject, JoinedUs = now,
            UntilUs = now + (long)options.WatchTime.TotalMicroseconds,
        };
        await records.BeginAsync(record, watcher, purpose, cancellation);
        var outcome = new JoinOutcome(JoinEndReason.ConnectFailed);
        try
        {
            var guacd = await ConnectAsync(tunnel, join, display, cancellation);
            tunnel.Show(join);
            outcome = await join.RunAsync(guacd, link(record), Look(watcher));
            return outcome;
        }
        catch (GuacdException exception)
        {
            logger.LinkBroke(row.Id, "guacd for a watcher", exception);
            throw new RelayException(SessionFailures.ReasonOf(exception, row.Protocol));
        }
        catch (OperationCanceledException) when (join.Ended is { } ended)
        {
            return outcome = new JoinOutcome(ended);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return outcome = new JoinOutcome(JoinEndReason.WatcherLeft);
        }
        finally
        {
            join.Gone();
            await records.EndAsync(record, outcome.Reason, join.Bytes);
        }
    }

    private async Task<GuacdConnection> ConnectAsync(SessionTunnel tunnel, SessionJoin join, TunnelDisplay? display, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(join.Connecting, cancellation);
        // No name: guacd would tell it to the session's person.
        var handshake = display is null
            ? new GuacdHandshake { JoinId = tunnel.GuacdId }
            : new GuacdHandshake { JoinId = tunnel.GuacdId, ImageMimetypes = display.Images, AudioMimetypes = display.Audio, VideoMimetypes = display.Video };
        return await GuacdConnection.ConnectAsync(options.Endpoint(), handshake, GuacdTimeouts.Default, time, either.Token);
    }

    // On the monotonic clock, so that setting the clock prolongs nothing.
    private Func<JoinEndReason?> Look(Caller watcher)
    {
        var began = time.GetTimestamp();
        var issuedUs = watcher.IssuedAt.ToUnixMicroseconds();
        return () => time.GetElapsedTime(began) >= options.WatchTime ? JoinEndReason.TimeOver
            : signOuts.Refuses(watcher.Issuer, watcher.Subject, watcher.SessionId, issuedUs) ? JoinEndReason.SignedOut
            : null;
    }
}
