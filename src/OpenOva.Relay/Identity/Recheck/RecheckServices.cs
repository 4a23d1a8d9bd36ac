namespace OpenOva.Relay.Identity.Recheck;

/// <summary>The issuers that can be asked after accounts.</summary>
internal sealed class RecheckedIssuers : IDisposable
{
    public RecheckedIssuers(IdentityOptions options, HttpClient http, TimeProvider time) =>
        All = [.. options.Issuers.Where(issuer => issuer.Recheck is not null).Select(issuer => new IssuerAccounts(issuer, http, time))];

    public IReadOnlyList<IssuerAccounts> All { get; }

    public void Dispose()
    {
        foreach (var accounts in All)
            accounts.Dispose();
    }
}

/// <summary>Says once, at the start, what the lack of re-checks costs.</summary>
internal sealed class RecheckNotice(IdentityOptions options, ILogger<RecheckNotice> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var issuer in options.Issuers.Where(issuer => issuer.Recheck is null))
            IdentityLog.NoRecheck(log, issuer.Issuer);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
