using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay;

/// <summary>Each sign-in enters the ledger of its organisation, once, whichever replica sees its first token.</summary>
internal sealed class SignInsToLedger(
    SignIns signIns, RelayDatabase database, LedgerStage ledger, RepeatedWork work, TimeProvider time, ILogger<SignInsToLedger> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgetPeriod = TimeSpan.FromHours(1);

    /// <summary>Longer than an issuer's session lasts: one that lasts longer is told again.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromDays(31);

    /// <summary>Stages what was found since.</summary>
    public Task FlushAsync(CancellationToken cancellation) => signIns.FlushAsync(StageAsync, cancellation);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await FlushAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            // The next token of such a session tells of the sign-in again.
            if (!cancellationToken.IsCancellationRequested) logger.SignInsWait(exception);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        work.RunAsync("sign-ins", Period, FlushAsync, stoppingToken),
        work.RunAsync("sign-ins-forgotten", ForgetPeriod, cancellation => SignInQueries.ForgetAsync(database, time.GetUnixMicroseconds(), cancellation), stoppingToken));

    private Task StageAsync(IReadOnlyList<SignIn> found, CancellationToken cancellation) => database.TransactAsync(
        async transaction =>
        {
            var expires = time.GetUnixMicroseconds() + (long)Memory.TotalMicroseconds;
            foreach (var signIn in found)
            {
                if (await SignInQueries.IsNewsAsync(transaction, signIn, expires))
                    await ledger.AddAsync(transaction, signIn.Organisation, LedgerEventTypes.SubjectSignedIn, signIn.ToLedgerData());
            }
        },
        cancellation);
}

internal static partial class SignInLog
{
    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning, Message = "Sign-ins cannot be ledgered before the stop; they are at the next token of their sessions")]
    public static partial void SignInsWait(this ILogger logger, Exception exception);
}
