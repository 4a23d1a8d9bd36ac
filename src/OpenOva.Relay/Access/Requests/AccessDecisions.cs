using System.Security.Cryptography;
using System.Text.Json;
using OpenOva.Relay.Access.Notices;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access.Requests;

/// <summary>Deciding on requests, and taking decisions back.</summary>
internal sealed class AccessDecisions(
    RelayDatabase database, LedgerStage ledger, Persons persons, Approver approvers, ExtendSession extend, EndGrantedSessions endSessions, NoticeStage notices,
    TimeProvider time)
{
    private const int SaltBytes = 16;

    /// <summary>Notes one person's decision. A denial is final; the approval that makes them enough approves the request.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED, OWN_DOING, WRONG_STATE.</exception>
    public async Task DecideAsync(Caller caller, string request, AccessRequestVerdict verdict, string comment, CancellationToken cancellation)
    {
        if (verdict is not (AccessRequestVerdict.Approve or AccessRequestVerdict.Deny)) throw RelayException.InvalidField("verdict");
        AccessRequests.CheckText("comment", comment, required: verdict == AccessRequestVerdict.Deny);
        var row = await FindAsync(caller, request, cancellation);
        if (approvers.Find(row.Organisation, row.Connection) is not var (connection, policies) || Approver.MatchedRoles(caller, connection, policies) is not { } matched)
            throw new RelayException(ErrorReason.NotPermitted);
        if (await persons.IsOwnAsync(database, caller, row.Issuer, row.Subject, cancellation))
        {
            await RefuseAsync(row, caller, "own-request", cancellation);
            throw new RelayException(ErrorReason.OwnDoing);
        }

        // Whoever asked did not ask for what the connection has become.
        if (verdict == AccessRequestVerdict.Approve && connection.Digest != row.ConnectionDigest) throw new RelayException(ErrorReason.WrongState, ("rule", "connection-changed"));
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var isSecondAccount = await database.TransactAsync(
            async transaction =>
            {
                var now = time.GetUnixMicroseconds();
                var current = await RequestQueries.FindAsync(transaction, row.Organisation, row.Id);
                if (current is null || current.State != AccessRequestState.Pending.Name() || current.ExpiresUs <= now) throw new RelayException(ErrorReason.WrongState);
                await persons.RememberAsync(transaction, caller);
                if (await HasDecidedAsync(transaction, current, caller)) return true;
                await RequestQueries.InsertDecisionAsync(transaction, row.Organisation, row.Id, new RequestDecisionRow
                {
                    Issuer = caller.Issuer, Subject = caller.Subject, Verdict = verdict.Name(), Roles = JsonSerializer.Serialize(matched), Salt = salt, Comment = comment, DecidedUs = now,
                });
                await SettleAsync(
                    transaction, current, caller, verdict, matched, Approvals.Needs(connection, policies), comment.Length == 0 ? null : Digests.Commitment(salt, comment), now);
                return false;
            },
            cancellation);
        if (!isSecondAccount) return;
        await RefuseAsync(row, caller, "decided-before", cancellation);
        throw new RelayException(ErrorReason.OwnDoing);
    }

    /// <summary>Takes a request or an approval back, and ends the sessions that rest on it.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED, WRONG_STATE.</exception>
    public async Task RevokeAsync(Caller caller, string request, string reason, CancellationToken cancellation)
    {
        AccessRequests.CheckText("reason", reason, required: true);
        var row = await FindAsync(caller, request, cancellation);
        var isOwn = row.Issuer == caller.Issuer && row.Subject == caller.Subject;
        if (!isOwn && !caller.Has(CallerRoles.SecurityOfficer) && approvers.MatchedRoles(caller, row.Organisation, row.Connection) is null)
            throw new RelayException(ErrorReason.NotPermitted);
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        await database.TransactAsync(
            async transaction =>
            {
                var current = await RequestQueries.FindAsync(transaction, row.Organisation, row.Id);
                var state = RequestNames.State(current!.State) switch
                {
                    AccessRequestState.Pending => isOwn ? AccessRequestState.Withdrawn : AccessRequestState.Revoked,
                    AccessRequestState.Approved => AccessRequestState.Revoked,
                    _ => throw new RelayException(ErrorReason.WrongState),
                };
                var now = time.GetUnixMicroseconds();
                if (!await RequestQueries.ChangeAsync(transaction, current, state, current.Approvals, current.ExpiresUs, now)) throw new RelayException(ErrorReason.WrongState);
                await ledger.AddAsync(
                    transaction, row.Organisation, LedgerEventTypes.AccessRequestClosed, RequestEvents.Closed(current, state, caller, Digests.Commitment(salt, reason)));
                await RequestQueries.InsertClosingTextAsync(transaction, row.Organisation, row.Id, salt, reason);
                await endSessions(transaction, row.Organisation, row.Id);
                await notices.AddAsync(transaction, row.Organisation, NoticeKinds.Closed, row.Connection, request: row.Id, state: state.Name());
            },
            cancellation);
    }

    // The same answer for a request that is not there and one of another organisation.
    private async Task<RequestRow> FindAsync(Caller caller, string request, CancellationToken cancellation) =>
        (Guid.TryParseExact(request, "D", out _) ? await RequestQueries.FindAsync(database, caller.Organisation, request, cancellation) : null)
        ?? throw new RelayException(ErrorReason.NotPermitted);

    // Two approvals are of two persons, not of two accounts.
    private static async Task<bool> HasDecidedAsync(RelayTransaction transaction, RequestRow row, Caller caller)
    {
        foreach (var earlier in await RequestQueries.DecisionsAsync(transaction, row.Organisation, row.Id))
        {
            if (await PersonAccounts.AreOneAsync(transaction, row.Organisation, (caller.Issuer, caller.Subject), (earlier.Issuer, earlier.Subject))) return true;
        }

        return false;
    }

    private async Task SettleAsync(
        RelayTransaction transaction, RequestRow row, Caller approver, AccessRequestVerdict verdict, IReadOnlyList<string> matched, IReadOnlyList<ApprovalNeed> needs,
        string? comment, long now)
    {
        // The policies may have become stricter since it was asked, but not more lenient for it.
        var needed = needs.Select(need => (long)need.Approvers).Append(row.ApproversNeeded).Max();
        var approvals = (await RequestQueries.ApprovalsAsync(transaction, row)).Select(decision => decision.MatchedRoles).ToList();
        var isMet = approvals.Count >= needed && needs.All(need => need.IsMetBy(approvals));
        var state = verdict == AccessRequestVerdict.Deny ? AccessRequestState.Denied : isMet ? AccessRequestState.Approved : AccessRequestState.Pending;
        var expires = state == AccessRequestState.Approved ? row.UntilUs : row.ExpiresUs;
        if (!await RequestQueries.ChangeAsync(transaction, row, state, approvals.Count, expires, now)) throw new RelayException(ErrorReason.WrongState);
        await ledger.AddAsync(
            transaction, row.Organisation, LedgerEventTypes.AccessRequestDecided, RequestEvents.Decided(row, approver, verdict, matched, approvals.Count, needed, state, comment));
        if (state == AccessRequestState.Approved && row.ExtendsSession is { } session)
        {
            var refusal = await extend(transaction, row.Organisation, session, row.Id, row.ConnectionDigest, row.UntilUs);
            if (refusal != ExtensionRefusal.None)
                throw new RelayException(ErrorReason.WrongState, ("rule", refusal == ExtensionRefusal.SessionOver ? "session-over" : "limit-reached"));
        }

        await notices.AddAsync(transaction, row.Organisation, NoticeKinds.Decided, row.Connection, request: row.Id, state: state.Name());
    }

    private Task<StagedEvent> RefuseAsync(RequestRow row, Caller caller, string reason, CancellationToken cancellation) => database.TransactAsync(
        transaction => ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.AccessDecisionRefused, RequestEvents.DecisionRefused(row, caller, reason)),
        cancellation);
}
