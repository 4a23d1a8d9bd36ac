using System.Net;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.Database;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>The door of <c>openova.relay.v1.SessionService</c>.</summary>
internal sealed class SessionsGrpcService(
    SessionBroker broker, SessionCarrier carrier, SessionOrders orders, SessionLocks locks, SessionWatch watch, SessionJoins joins, TransferRecords transfers, RelayDatabase database)
    : SessionService.SessionServiceBase
{
    private const CallerRoles SeeAll = CallerRoles.Auditor | CallerRoles.SecurityOfficer | CallerRoles.Approver | CallerRoles.Job;
    private const CallerRoles EndAny = CallerRoles.SecurityOfficer | CallerRoles.Approver;
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 500;
    private const int MaxTransfers = 500;

    // What AccessPolicy decides and ledgers is decided there: whoever has a valid token may ask.
    [Allow(CallerRoles.None, Own = CallerRoles.Operator, Decides = true)]
    public override async Task<SessionServiceOpenResponse> Open(SessionServiceOpenRequest request, ServerCallContext context)
    {
        var wanted = new WantedSession(request.Connection, request.Purpose, request.TicketReference, SourceOf(request, context), request.BreakGlass, request.AcknowledgedNotice);
        var opened = await broker.OpenAsync(context.Callers(), wanted, context.CancellationToken);
        return new()
        {
            SessionId = opened.Id,
            TunnelTicket = opened.Ticket,
            TicketExpiresUs = opened.ExpiresUs,
            Recorded = opened.Terms.IsRecorded,
            UntilUs = opened.Terms.UntilUs ?? 0,
            IdleLimitSeconds = opened.Terms.IdleSeconds ?? 0,
        };
    }

    [Allow(CallerRoles.Gateway, Own = CallerRoles.Operator)]
    public override async Task Tunnel(IAsyncStreamReader<TunnelRequest> requests, IServerStreamWriter<TunnelResponse> responses, ServerCallContext context)
    {
        if (!await requests.MoveNext(context.CancellationToken) || requests.Current.MessageCase != TunnelRequest.MessageOneofCase.Start) throw RelayException.InvalidField("start");
        var start = requests.Current.Start;
        using var link = new GrpcLink(requests, responses);
        var outcome = await carrier.CarryAsync(
            TicketHolder.Of(context.Callers(), PersonAddress.Of(context.GetHttpContext())), start.TunnelTicket, null, TunnelDisplay.Of(start), link, id => link.SessionId = id, context.CancellationToken);
        await link.EndedAsync(outcome, context.CancellationToken);
    }

    [Allow(EndAny, Own = CallerRoles.Operator)]
    public override async Task<SessionServiceTerminateResponse> Terminate(SessionServiceTerminateRequest request, ServerCallContext context)
    {
        SessionBroker.CheckPurpose(request.Purpose);
        var caller = context.Callers().Caller;
        var row = await FindAsync(caller, EndAny, request.SessionId, context.CancellationToken);
        // A second order, and one for a session that has ended meanwhile, finds done what it asks for.
        await orders.EndAsync(row.Organisation, row.Id, new EndOrder(SessionEndReason.Terminated, caller.Issuer, caller.Subject, request.Purpose), context.CancellationToken);
        return new();
    }

    [Allow(EndAny)]
    public override async Task<SessionServiceLockResponse> Lock(SessionServiceLockRequest request, ServerCallContext context)
    {
        SessionBroker.CheckPurpose(request.Purpose);
        var caller = context.Callers().Caller;
        var row = await FindAsync(caller, EndAny, request.SessionId, context.CancellationToken);
        await locks.OrderAsync(row.Organisation, row.Id, request.Locked, caller, request.Purpose, context.CancellationToken);
        return new();
    }

    [Allow(SeeAll, Own = CallerRoles.Operator)]
    public override async Task<SessionServiceGetResponse> Get(SessionServiceGetRequest request, ServerCallContext context)
    {
        var row = await FindAsync(context.Callers().Caller, SeeAll, request.SessionId, context.CancellationToken);
        var found = await transfers.ListAsync(row.Organisation, row.Id, MaxTransfers + 1, context.CancellationToken);
        return new() { Session = Message(row), Transfers = { found.Take(MaxTransfers).Select(Message) }, MoreTransfers = found.Count > MaxTransfers };
    }

    [Allow(SeeAll, Own = CallerRoles.Operator)]
    public override async Task<SessionServiceListResponse> List(SessionServiceListRequest request, ServerCallContext context)
    {
        var caller = context.Callers().Caller;
        if (request.PageSize is < 0 or > MaxPageSize) throw RelayException.InvalidField("page_size");
        if (request.PageToken.Length > 0 && !Guid.TryParseExact(request.PageToken, "D", out _)) throw RelayException.InvalidField("page_token");
        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var all = caller.Has(SeeAll);
        var rows = await SessionQueries.ListAsync(
            database, caller.Organisation, all ? null : caller.Issuer, all ? null : caller.Subject,
            request.PageToken.Length > 0 ? request.PageToken : "g", size, context.CancellationToken);
        return new() { Sessions = { rows.Select(Message) }, NextPageToken = rows.Count == size ? rows[^1].Id : "" };
    }

    [Allow(SeeAll, Own = CallerRoles.Operator)]
    public override Task Watch(SessionServiceWatchRequest request, IServerStreamWriter<SessionServiceWatchResponse> responses, ServerCallContext context)
    {
        var caller = context.Callers().Caller;
        return watch.RunAsync(
            caller, caller.Has(SeeAll), Message, session => responses.WriteAsync(new() { Session = session }, context.CancellationToken), context.CancellationToken);
    }

    [Allow(SessionJoins.Watchers)]
    public override async Task Join(SessionServiceJoinRequest request, IServerStreamWriter<SessionServiceJoinResponse> responses, ServerCallContext context)
    {
        // Watching is a person's: a gateway carries his token beside its own.
        var watcher = context.Callers().Person ?? throw new RelayException(ErrorReason.TokenRefused);
        var row = await joins.FindAsync(watcher, request.SessionId, request.Purpose, context.CancellationToken);
        var outcome = await joins.JoinAsync(
            watcher, row, request.Purpose, null, join => new GrpcJoinLink(join, responses, context.CancellationToken), context.CancellationToken);
        context.CancellationToken.ThrowIfCancellationRequested();
        await responses.WriteAsync(new() { Ended = new JoinEnded { Reason = outcome.Reason, GuacamoleStatus = outcome.Status } }, context.CancellationToken);
    }

    // What a gateway says of the person counts, its own address does not; a person who calls himself is where his connection comes from.
    private static IPAddress? SourceOf(SessionServiceOpenRequest request, ServerCallContext context)
    {
        if (request.SourceAddress.Length == 0) return context.Callers().Gateway is null ? PersonAddress.Of(context.GetHttpContext()) : null;
        return context.Callers().Gateway is not null && IPAddress.TryParse(request.SourceAddress, out var address) ? address : throw RelayException.InvalidField("source_address");
    }

    // The same answer for a session that is not there and for one that is none of the caller's.
    private async Task<SessionRow> FindAsync(Caller caller, CallerRoles any, string id, CancellationToken cancellation)
    {
        // What is no id is looked up nowhere: a NUL in it would be an error of PostgreSQL's, and so another answer.
        var row = Guid.TryParseExact(id, "D", out _) ? await SessionQueries.FindAsync(database, caller.Organisation, id, cancellation) : null;
        return row is not null && (caller.Has(any) || (row.Issuer == caller.Issuer && row.Subject == caller.Subject))
            ? row
            : throw new RelayException(ErrorReason.NotPermitted);
    }

    private static Session Message(SessionRow row) => new()
    {
        SessionId = row.Id,
        Organisation = row.Organisation,
        Connection = row.Connection,
        Protocol = row.Protocol,
        Issuer = row.Issuer,
        Subject = row.Subject,
        State = SessionNames.State(row.State),
        EndReason = SessionNames.EndReason(row.EndReason),
        OpenedUs = row.OpenedUs,
        ConnectedUs = row.ConnectedUs ?? 0,
        EndedUs = row.EndedUs ?? 0,
        SealedUs = row.SealedUs ?? 0,
        VerifiedUs = row.VerifiedUs ?? 0,
        RecordedBytes = row.RecordedBytes,
        Recovered = row.Recovered,
        FailureReason = row.Failure ?? "",
        UntilUs = row.UntilUs ?? 0,
        RequestId = row.AccessRequest ?? "",
        BreakGlass = row.BreakGlass,
        Locked = row.Locked,
        Replica = row.Replica ?? "",
    };

    private static SessionTransfer Message(TransferRow row) => new()
    {
        Kind = SessionNames.TransferKind(row.Kind),
        Direction = SessionNames.TransferDirection(row.Direction),
        Outcome = SessionNames.TransferOutcome(row.Outcome),
        Name = row.Name ?? "",
        Mimetype = row.Mimetype ?? "",
        Size = row.Size,
        Sha256 = row.Sha256 ?? "",
        GuacamoleStatus = (int)(row.Status ?? 0),
        Count = row.Count,
        FirstUs = row.FirstUs,
        LastUs = row.LastUs,
    };

    /// <summary>The person's end as a bidirectional stream.</summary>
    private sealed class GrpcLink(IAsyncStreamReader<TunnelRequest> requests, IServerStreamWriter<TunnelResponse> responses) : IUserLink, IDisposable
    {
        private const int MaxDataBytes = 64 * 1024;

        // A stream takes one message at a time, and notices come beside the output.
        private readonly SemaphoreSlim _writing = new(1, 1);

        public string SessionId { get; set; } = "";

        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation)
        {
            while (await requests.MoveNext(cancellation))
            {
                var request = requests.Current;
                if (request.MessageCase != TunnelRequest.MessageOneofCase.Data || request.Data.Length > MaxDataBytes)
                    throw new GuacamoleProtocolException(GuacamoleProtocolError.InstructionTooLong, 0);
                if (!request.Data.IsEmpty) return request.Data.Memory;
            }

            return ReadOnlyMemory<byte>.Empty;
        }

        public ValueTask StartedAsync(CancellationToken cancellation) =>
            SendAsync(new TunnelResponse { Started = new TunnelStarted { SessionId = SessionId } }, cancellation);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> instructions, CancellationToken cancellation) =>
            // Copied: the buffer goes back to its pool while the transport may still hold the message.
            SendAsync(new TunnelResponse { Data = ByteString.CopyFrom(instructions.Span) }, cancellation);

        public async ValueTask<bool> NoticeAsync(SessionNotice notice, CancellationToken cancellation)
        {
            await SendAsync(new TunnelResponse { Notice = new TunnelNotice { Kind = notice.Kind, AtUs = notice.AtUs } }, cancellation);
            return true;
        }

        public ValueTask EndedAsync(SessionOutcome outcome, CancellationToken cancellation) =>
            SendAsync(new TunnelResponse { Ended = new TunnelEnded { Reason = outcome.Reason, GuacamoleStatus = outcome.Status } }, cancellation);

        public void Dispose() => _writing.Dispose();

        private async ValueTask SendAsync(TunnelResponse response, CancellationToken cancellation)
        {
            await _writing.WaitAsync(cancellation);
            try
            {
                await responses.WriteAsync(response, cancellation);
            }
            finally
            {
                _writing.Release();
            }
        }
    }
}
