using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay;

/// <summary>Each sign-in enters the ledger of its organisation, once, whichever replica sees its first token.</summary>
internal sealed class SignInsToLedger(SignIns signIns, RelayDatabase database, LedgerStage ledger, TimeProvider time, ILogger<SignInsToLedger> logger) : BackgroundService
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
        await TryAsync(FlushAsync, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var forgot = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryAsync(FlushAsync, stoppingToken);
            if (time.GetElapsedTime(forgot) >= ForgetPeriod)
            {
                forgot = time.GetTimestamp();
                await TryAsync(cancellation => SignInQueries.ForgetAsync(database, time.GetUnixMicroseconds(), cancellation), stoppingToken);
            }

            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            await work(cancellation);
        }
        catch (Exception exception) when (exception is DatabaseUnavailableException or OperationCanceledException)
        {
            if (!cancellation.IsCancellationRequested) logger.SignInsWait(exception);
        }
    }

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
    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning, Message = "Sign-ins wait for the database; they are ledgered when it answers")]
    public static partial void SignInsWait(this ILogger logger, Exception exception);
}
