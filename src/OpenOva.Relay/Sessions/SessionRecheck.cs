using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// Asks issuers after the accounts whose sessions this replica carries, each account once in an interval however many sessions it has, and withdraws access
/// that the answer no longer gives. Each issuer has a loop of its own: one that hangs holds up nobody else's.
/// </summary>
internal sealed class SessionRecheck(
    RecheckedIssuers issuers, RelayDatabase database, ReplicaName replica, AccessWithdrawal withdrawal, RecheckHealth health, RelayMetrics metrics,
    TimeProvider time, ILogger<SessionRecheck> logger) : BackgroundService
{
    private const int AtOnce = 8;

    // Then the issuer is taken to be away: asking for everybody would take longer than the grace.
    private const int UnansweredInARow = 16;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(issuers.All.Select(accounts => RunAsync(accounts, stoppingToken)));

    /// <summary>Asks after those who are due now.</summary>
    public async Task RoundAsync(IssuerAccounts accounts, RecheckSchedule schedule, CancellationToken cancellation)
    {
        var sessions = (await AccountSessionQueries.CarriedAsync(database, replica.Name, accounts.Issuer.Issuer, cancellation)).ToLookup(session => session.Subject);
        var due = schedule.Due([.. sessions.Select(account => account.Key)]);
        if (due.Count == 0) return;
        var round = new Round();
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (subject, token) => await CheckAsync(accounts, schedule, round, subject, sessions[subject], token));
        if (health.Note(accounts.Issuer.Issuer, round.Unanswered is null)) LogOutage(accounts.Issuer, round.Unanswered);
    }

    private async Task RunAsync(IssuerAccounts accounts, CancellationToken stoppingToken)
    {
        var schedule = new RecheckSchedule(accounts.Issuer.Recheck!, time);
        var isFailing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await RoundAsync(accounts, schedule, stoppingToken);
                isFailing = false;
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                if (!isFailing) logger.RechecksNotMade(accounts.Issuer.Issuer, exception);
                isFailing = true;
            }
            catch (OperationCanceledException)
            {
                // The replica stops.
            }
        }
    }

    private async Task CheckAsync(
        IssuerAccounts accounts, RecheckSchedule schedule, Round round, string subject, IEnumerable<SessionRow> sessions, CancellationToken cancellation)
    {
        var standing = await AskAsync(accounts, schedule, round, subject, cancellation);
        if (standing is null) return;
        try
        {
            foreach (var session in sessions) await withdrawal.DecideAgainAsync(session, standing, cancellation);
        }
        catch
        {
            schedule.Again(subject);
            throw;
        }
    }

    /// <summary>Null: not answered, and the sessions go on for now.</summary>
    private async Task<AccountStanding?> AskAsync(IssuerAccounts accounts, RecheckSchedule schedule, Round round, string subject, CancellationToken cancellation)
    {
        try
        {
            if (round.IsGivenUp) throw new IssuerUnansweredException("the issuer answers nobody");
            var standing = await accounts.AskAsync(subject, cancellation);
            round.NoteAnswer();
            schedule.Answered(subject);
            return standing;
        }
        catch (IssuerUnansweredException exception)
        {
            round.NoteUnanswered(exception);
            metrics.RechecksUnanswered.Add(1, new KeyValuePair<string, object?>("organisation", accounts.Issuer.Organisation));
            var isOver = schedule.Unanswered(subject);
            return isOver && accounts.Issuer.Recheck!.WhenUnanswered == UnansweredRecheck.EndSession ? AccountStanding.Without(AccountState.Unanswered) : null;
        }
    }

    private void LogOutage(IssuerOptions issuer, IssuerUnansweredException? unanswered)
    {
        if (unanswered is null) IdentityLog.RecheckAnswered(logger, issuer.Issuer);
        else IdentityLog.RecheckUnanswered(logger, issuer.Issuer, issuer.Recheck!.WhenUnanswered == UnansweredRecheck.GoOn ? "go on" : $"end {issuer.Recheck.Grace} after their first unanswered question", unanswered);
    }

    private sealed class Round
    {
        private int _inARow;

        public IssuerUnansweredException? Unanswered { get; private set; }

        public bool IsGivenUp => Volatile.Read(ref _inARow) >= UnansweredInARow;

        public void NoteAnswer() => Interlocked.Exchange(ref _inARow, 0);

        public void NoteUnanswered(IssuerUnansweredException exception)
        {
            Interlocked.Increment(ref _inARow);
            Unanswered ??= exception;
        }
    }
}
