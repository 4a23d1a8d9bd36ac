using System.Collections.Concurrent;
using System.Security.Cryptography;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>
/// Browsers that are signed in. Every call is answered for by the access token of the issuer, validated as a gateway's is: a role that was withdrawn, a sign-out,
/// a rotated key count here as there. The token is refreshed when it expires, so that a change at the issuer shows with its next life.
/// </summary>
internal sealed class BrowserSessions(RelayDatabase database, IdentityOptions options, TokenValidator validator, CodeFlow flow, RefusedTokens refused, TimeProvider time)
{
    private const string Path = "browser session";
    private static readonly TimeSpan RefreshBefore = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, Lazy<Task<TokenResult?>>> _refreshing = new(StringComparer.Ordinal);

    /// <summary>Remembers a sign-in; the secret is the browser's.</summary>
    public async Task<BrowserSecret> CreateAsync(IssuerTokens tokens, Caller caller, CancellationToken cancellation)
    {
        var secret = BrowserSecret.Create();
        var now = time.GetUtcNow();
        var row = new BrowserSessionRow
        {
            Id = secret.Id,
            Organisation = caller.Organisation,
            Issuer = caller.Issuer,
            Subject = caller.Subject,
            SidSha256 = caller.SessionId is { } sid ? SignOut.HashOf(sid) : "",
            Sealed = secret.Seal(tokens),
            Version = 1,
            CreatedUs = now.ToUnixMicroseconds(),
            SeenUs = now.ToUnixMicroseconds(),
            ExpiresUs = (now + options.BrowserSessions.Lifetime).ToUnixMicroseconds(),
        };
        await database.TransactAsync(transaction => BrowserSessionQueries.InsertAsync(transaction, row), cancellation);
        return secret;
    }

    /// <summary>The person whose browser this is; null: nobody is signed in with it any more.</summary>
    /// <exception cref="RelayException">BACKEND_UNAVAILABLE: the issuer must be asked and does not answer.</exception>
    public async Task<Caller?> FindAsync(BrowserSecret secret, CancellationToken cancellation)
    {
        if (await RowAsync(secret, cancellation) is not { } row || Open(secret, row) is not { } tokens) return null;
        var result = await validator.ValidateAccessTokenAsync(tokens.AccessToken, cancellation);
        if (result.Caller is { } young && time.GetUtcNow() < young.Expires - RefreshBefore) return await SeenAsync(row, young, cancellation);
        // That the issuer's keys cannot be had now says nothing of the sign-in.
        if (result.Refusal == TokenRefusal.KeysUnavailable) throw new RelayException(ErrorReason.BackendUnavailable);
        if (result.Caller is null && result.Refusal != TokenRefusal.Expired) return await EndAsync(row, result, cancellation);
        if (await RefreshAsync(secret, row, tokens).WaitAsync(cancellation) is not { } refreshed)
        {
            // Refresh tokens may be good for one use: another replica was first, and its result counts.
            if (await RowAsync(secret, cancellation) is { } newer && newer.Version > row.Version) return await CallerOfAsync(secret, newer, cancellation);
            return await EndAsync(row, null, cancellation);
        }

        return refreshed.Caller is { } caller && IsOf(row, caller) ? await SeenAsync(row, caller, cancellation) : await EndAsync(row, refreshed, cancellation);
    }

    /// <summary>Ends the sign-in here; its tokens, to end it at the issuer too, or null where there was none.</summary>
    public async Task<(string Issuer, IssuerTokens Tokens)?> SignOutAsync(BrowserSecret secret, CancellationToken cancellation)
    {
        var row = await RowAsync(secret, cancellation);
        await database.TransactAsync(transaction => BrowserSessionQueries.DeleteAsync(transaction, secret.Id), cancellation);
        return row is not null && Open(secret, row) is { } tokens ? (row.Issuer, tokens) : null;
    }

    // A page and what it looks for again come at once: they share one refresh, which belongs to none of them and so is no call's to cancel.
    private async Task<TokenResult?> RefreshAsync(BrowserSecret secret, BrowserSessionRow row, IssuerTokens tokens)
    {
        var key = $"{row.Id} {row.Version}";
        var mine = new Lazy<Task<TokenResult?>>(() => AskAsync(secret, row, tokens));
        var shared = _refreshing.GetOrAdd(key, mine);
        try
        {
            return await shared.Value;
        }
        finally
        {
            _refreshing.TryRemove(new(key, shared));
        }
    }

    // Null: the issuer gives nothing any more. What it gives is kept only where it is this person's: the next call would take it for his.
    private async Task<TokenResult?> AskAsync(BrowserSecret secret, BrowserSessionRow row, IssuerTokens tokens)
    {
        if (await flow.RefreshAsync(row.Issuer, tokens, CancellationToken.None) is not { } fresh) return null;
        var result = await validator.ValidateAccessTokenAsync(fresh.AccessToken, CancellationToken.None);
        if (result.Caller is { } caller && IsOf(row, caller))
            await database.TransactAsync(transaction => BrowserSessionQueries.RefreshedAsync(transaction, row.Id, row.Version, secret.Seal(fresh)));
        return result;
    }

    private static bool IsOf(BrowserSessionRow row, Caller caller) => caller.Issuer == row.Issuer && caller.Subject == row.Subject;

    private Task<BrowserSessionRow?> RowAsync(BrowserSecret secret, CancellationToken cancellation) => BrowserSessionQueries.FindAsync(
        database, secret.Id, time.GetUnixMicroseconds(), options.BrowserSessions.Idle.Ticks / TimeSpan.TicksPerMicrosecond, cancellation);

    private async Task<Caller?> CallerOfAsync(BrowserSecret secret, BrowserSessionRow row, CancellationToken cancellation) =>
        Open(secret, row) is { } tokens ? (await validator.ValidateAccessTokenAsync(tokens.AccessToken, cancellation)).Caller : null;

    private async Task<Caller> SeenAsync(BrowserSessionRow row, Caller caller, CancellationToken cancellation)
    {
        var now = time.GetUnixMicroseconds();
        if (now - row.SeenUs > SeenEvery.Ticks / TimeSpan.TicksPerMicrosecond)
            await database.TransactAsync(transaction => BrowserSessionQueries.SeenAsync(transaction, row.Id, now), cancellation);
        return caller;
    }

    private async Task<Caller?> EndAsync(BrowserSessionRow row, TokenResult? why, CancellationToken cancellation)
    {
        if (why is { Caller: null }) refused.Record(why, Path);
        await database.TransactAsync(transaction => BrowserSessionQueries.DeleteAsync(transaction, row.Id, row.Version), cancellation);
        return null;
    }

    private static IssuerTokens? Open(BrowserSecret secret, BrowserSessionRow row)
    {
        try
        {
            return secret.Open(row.Sealed);
        }
        catch (CryptographicException)
        {
            // Somebody wrote into the table: this browser is not signed in.
            return null;
        }
    }
}
