using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access.Requests;

/// <summary>Requests as the caller may see them: his own; an approver those of connections that he may approve; officers and auditors all.</summary>
internal sealed class RequestReader(RelayDatabase database, Approver approvers)
{
    public const CallerRoles SeeAll = CallerRoles.Auditor | CallerRoles.SecurityOfficer | CallerRoles.Job;
    private const int PageRows = 500;
    private const int MostPages = 10;

    /// <exception cref="RelayException">NOT_PERMITTED, also where there is none.</exception>
    public async Task<AccessRequest> GetAsync(Caller caller, string request, CancellationToken cancellation)
    {
        var row = Guid.TryParseExact(request, "D", out _) ? await RequestQueries.FindAsync(database, caller.Organisation, request, cancellation) : null;
        return row is not null && Sees(caller, row) ? await MessageAsync(row, cancellation) : throw new RelayException(ErrorReason.NotPermitted);
    }

    /// <summary>A page, newest first; the token of the next, empty at the end.</summary>
    public async Task<(IReadOnlyList<AccessRequest> Requests, string Next)> ListAsync(
        Caller caller, AccessRequestState state, string before, int size, CancellationToken cancellation)
    {
        var found = new List<AccessRequest>();
        var others = caller.Has(SeeAll | CallerRoles.Approver);
        for (var page = 1; ; page++)
        {
            var rows = await RequestQueries.ListAsync(
                database, caller.Organisation, others ? null : caller.Issuer, others ? null : caller.Subject, state, before, PageRows, cancellation);
            foreach (var row in rows)
            {
                before = row.Id;
                if (!Sees(caller, row)) continue;
                found.Add(await MessageAsync(row, cancellation));
                if (found.Count == size) return (found, before);
            }

            if (rows.Count < PageRows) return (found, "");

            // Whoever may see few of many is given what was found so far, and where to go on.
            if (page == MostPages) return (found, before);
        }
    }

    public bool Sees(Caller caller, RequestRow row) =>
        caller.Organisation == row.Organisation
        && (caller.Has(SeeAll) || (row.Issuer == caller.Issuer && row.Subject == caller.Subject) || approvers.MatchedRoles(caller, row.Organisation, row.Connection) is not null);

    public async Task<AccessRequest> MessageAsync(RequestRow row, CancellationToken cancellation)
    {
        var texts = await RequestQueries.TextsAsync(database, row.Organisation, row.Id, cancellation);
        var decisions = await RequestQueries.DecisionsAsync(database, row.Organisation, row.Id, cancellation);
        return new AccessRequest
        {
            RequestId = row.Id,
            Organisation = row.Organisation,
            Connection = row.Connection,
            Issuer = row.Issuer,
            Subject = row.Subject,
            State = RequestNames.State(row.State),
            FromUs = row.FromUs,
            UntilUs = row.UntilUs,
            Reason = texts?.Reason ?? "",
            TicketReference = texts?.TicketReference ?? "",
            TicketState = row.TicketState,
            ApproversNeeded = (int)row.ApproversNeeded,
            Decisions =
            {
                decisions.Select(d => new AccessRequestDecision
                {
                    Issuer = d.Issuer, Subject = d.Subject, Verdict = RequestNames.Verdict(d.Verdict), Comment = d.Comment, DecidedUs = d.DecidedUs,
                }),
            },
            ExtendsSession = row.ExtendsSession ?? "",
            CreatedUs = row.CreatedUs,
            ExpiresUs = row.ExpiresUs,
        };
    }
}
