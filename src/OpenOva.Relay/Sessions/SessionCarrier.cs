using OpenOva.Relay.Configuration;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>Redeems a ticket, connects through guacd, and carries the session to its end: what all doors have in common.</summary>
internal sealed class SessionCarrier(
    RelayDatabase database, Leases leases, LedgerStage ledger, ConnectionCatalog connections, ConnectionSecrets secrets, RecorderFactory recorders, SpoolIntake spool,
    ReplicaLease lease, ReplicaName replica, LiveSessions live, TransferRecords transferRecords, SessionFinisher finisher, SessionsOptions options, RelayMetrics metrics, TimeProvider time,
    ILogger<SessionCarrier> logger)
{
    /// <summary>Redeems the ticket and carries the session.</summary>
    /// <param name="holder">Whom the ticket must be bound to.</param>
    /// <param name="ticket">The ticket.</param>
    /// <param name="wanted">The session that the ticket must be for; null: whichever it is for.</param>
    /// <param name="display">The person's screen.</param>
    /// <param name="link">The person's end. Nothing is written to it before the first frame.</param>
    /// <param name="started">Receives the session's id once the ticket is redeemed.</param>
    /// <param name="cancellation">The person left.</param>
    /// <exception cref="RelayException">Why there was no session, or no first frame.</exception>
    public async Task<SessionOutcome> CarryAsync(
        TicketHolder holder, string ticket, string? wanted, TunnelDisplay display, IUserLink link, Action<string> started, CancellationToken cancellation)
    {
        var hash = SessionTickets.Hash(ticket);
        var session = await SessionQueries.FindByTicketAsync(database, hash, holder, cancellation) ?? throw new RelayException(ErrorReason.TicketRefused);
        if (wanted is not null && wanted != session.Id) throw new RelayException(ErrorReason.TicketRefused);
        var epoch = lease.Epoch;
        if (epoch == 0) throw new RelayException(ErrorReason.BackendUnavailable);
        var connection = connections.Snapshot.Find(session.Organisation, session.Connection)?.Connection;
        if (connection is null || connection.Digest != session.ConnectionDigest) throw new RelayException(ErrorReason.WrongState, "the connection has changed since the session was opened", null);
        using var place = live.Enter(session);
        var recorder = session.RecordingRequired ? OpenRecorder(session, epoch) : null;
        try
        {
            await RedeemAsync(hash, holder, session, epoch, recorder, cancellation);
        }
        catch
        {
            if (recorder is not null) Abandon(recorder.Recorder);
            throw;
        }

        started(session.Id);
        using var owned = recorder?.Recorder;
        return await RunAsync(session, epoch, connection, display, owned, link, cancellation);
    }

    private async Task<SessionOutcome> RunAsync(
        SessionRow session, long epoch, Connections.Connection connection, TunnelDisplay display, SessionRecorder? recorder, IUserLink link, CancellationToken cancellation)
    {
        FirstFrame? connected = null;
        var outcome = SessionOutcome.Of(SessionEndReason.ConnectFailed, ErrorReason.Internal);
        var noted = Task.CompletedTask;
        var transfers = transferRecords.Begin(session.Organisation, session.Id);
        using var channels = new SessionChannels(session.Protocol, connection.Channels, transfers.Add, time);
        try
        {
            var parameters = new TargetParameters(connection, secrets);
            var guacd = await ConnectAsync(parameters, display, cancellation);
            var ignored = parameters.IgnoredBy(guacd);
            Report(session, ignored);
            var tunnel = new SessionTunnel(
                new(session.Id, session.Organisation, session.Protocol), guacd, parameters, recorder, recorders.SyncedSpool(session.Synced), link, channels, SessionLimits.Of(session, time),
                notice => _ = NoteNoticeAsync(session, notice), options, time, logger);
            live.Attach(session.Id, tunnel);
            noted = NoteConnectedAsync(session, tunnel, (at, sync) => connected = new FirstFrame(epoch, at, guacd.Version.ToString(), sync, ignored));
            await using var left = cancellation.Register(() => tunnel.End(SessionOutcome.Of(SessionEndReason.ClientLeft)));
            outcome = await tunnel.RunAsync();
        }
        catch (RelayException exception)
        {
            outcome = SessionOutcome.Of(SessionEndReason.ConnectFailed, exception.Reason);
        }
        catch (GuacdException exception)
        {
            logger.LinkBroke(session.Id, "guacd", exception);
            outcome = SessionOutcome.Of(SessionEndReason.ConnectFailed, SessionFailures.ReasonOf(exception, session.Protocol)) with
            {
                Status = (int)(exception.Status ?? (GuacamoleStatus)ErrorTable.Of(SessionFailures.ReasonOf(exception, session.Protocol)).GuacamoleStatus),
                Parameters = exception.Parameters,
            };
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            outcome = SessionOutcome.Of(SessionEndReason.ClientLeft);
        }
        finally
        {
            // Whatever became of the note: a session that nobody finishes has no end in the ledger, and a recording that is never sealed.
            try
            {
                await noted;
                channels.Close();
                await transferRecords.EndAsync(transfers);
            }
            finally
            {
                Finish(session, epoch, recorder, outcome, connected);
            }
        }

        return outcome.Failure is { } failure && connected is null ? throw new RelayException(failure, outcome.Details()) : outcome;
    }

    private void Finish(SessionRow session, long epoch, SessionRecorder? recorder, SessionOutcome outcome, FirstFrame? connected)
    {
        try
        {
            recorder?.End(new RecordedEnd(outcome.Reason.Name(), outcome.Status));
        }
        catch (Exception exception)
        {
            // The spool has what was delivered; its replay closes the tail.
            logger.RecorderFailed(session.Id, exception);
        }

        var now = time.GetUnixMicroseconds();
        if (connected is not null)
        {
            metrics.SessionDuration.Record((now - connected.AtUs) / 1e6, new("protocol", session.Protocol), new("organisation", session.Organisation));
            metrics.RecordingBytes.Add(recorder?.RecordedBytes ?? 0, new KeyValuePair<string, object?>("organisation", session.Organisation));
        }

        logger.Ended(session.Id, outcome.Reason.Name(), outcome.Failure?.Name() ?? "no failure");
        finisher.Add(new FinishedSession(session.Organisation, session.Id, epoch, outcome, connected?.AtUs, now, recorder?.Session) { FirstFrame = connected });
    }

    private OpenedRecorder OpenRecorder(SessionRow session, long epoch) => recorders.Open(
        new RecordingSubject(
            session.Organisation, session.Id, epoch, replica.Name, session.OpenedUs, new ConnectionReference(session.Connection, session.Protocol, session.ConnectionDigest),
            new SubjectReference(session.Issuer, session.Subject), new EventReference(session.DecisionEvent, session.DecisionSha256), session.Bucket, (int)session.RetentionDays),
        ledger.NextId());

    private Task RedeemAsync(string hash, TicketHolder holder, SessionRow session, long epoch, OpenedRecorder? recorder, CancellationToken cancellation) =>
        database.TransactAsync(
            async transaction =>
            {
                // From here on a lease that is lost ends the session, however far it has come; before, nobody would.
                if (!await leases.HoldsAsync(transaction, ReplicaLease.NameOf(replica.Name), epoch)) throw new RelayException(ErrorReason.BackendUnavailable);
                if (!await SessionQueries.RedeemAsync(transaction, hash, holder, session, replica.Name, epoch, recorder is not null))
                    throw new RelayException(ErrorReason.TicketRefused);
                if (recorder is not null)
                    await ledger.AddAsync(transaction, session.Organisation, LedgerEventTypes.RecordingOpened, (System.Text.Json.Nodes.JsonObject)recorder.EventData.DeepClone(), recorder.EventId);
            },
            cancellation);

    // The ticket was not redeemed after all: the spool may forget the recorder that was opened for it. If the database's answer was lost, recovery finds out.
    private void Abandon(SessionRecorder recorder)
    {
        recorder.Dispose();
        spool.Log.Release(recorder.Session.Id);
    }

    private async Task<GuacdConnection> ConnectAsync(TargetParameters parameters, TunnelDisplay display, CancellationToken cancellation)
    {
        return await GuacdConnection.ConnectAsync(options.Endpoint(), parameters.Handshake(display), GuacdTimeouts.Default, time, cancellation);
    }

    private void Report(SessionRow session, IReadOnlyList<string> ignored)
    {
        if (ignored.Count == 0) return;
        logger.ParametersIgnored(session.Id, string.Join(", ", ignored));
        foreach (var name in ignored) metrics.ParametersIgnored.Add(1, new("protocol", session.Protocol), new("parameter", name));
    }

    // Evidence that the person was told before he was cut. While the database is down the cut itself is noted later, the notice is not.
    private async Task NoteNoticeAsync(SessionRow session, SessionNotice notice)
    {
        try
        {
            await database.TransactAsync(transaction => ledger.AddAsync(
                transaction, session.Organisation, LedgerEventTypes.SessionNoticed, SessionEvents.Noticed(session.Id, notice)));
        }
        catch (Exception exception)
        {
            logger.NotingFailed(session.Id, "notice", TimeSpan.Zero, exception);
        }
    }

    private async Task NoteConnectedAsync(SessionRow session, SessionTunnel tunnel, Func<long, long, FirstFrame> connectedAt)
    {
        try
        {
            var sync = await tunnel.Connected;
            var frame = connectedAt(time.GetUnixMicroseconds(), sync);
            logger.Connected(session.Id);
            await database.TransactAsync(async transaction =>
            {
                if (await SessionQueries.ConnectedAsync(transaction, session.Organisation, session.Id, frame.Epoch, frame.AtUs))
                    await ledger.AddAsync(transaction, session.Organisation, LedgerEventTypes.SessionConnected, SessionEvents.Connected(session.Id, frame));
            });
        }
        catch (OperationCanceledException)
        {
            // It never connected.
        }
        catch (DatabaseUnavailableException exception)
        {
            // The finisher notes it with the end.
            logger.NotingFailed(session.Id, "first frame", TimeSpan.Zero, exception);
        }
        catch (Exception exception)
        {
            logger.FirstFrameNotNoted(session.Id, exception);
        }
    }
}
