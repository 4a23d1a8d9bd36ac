using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity.Logout;

/// <summary>
/// <c>POST /auth/backchannel-logout</c>, form field <c>logout_token</c>: 200 when the sign-out stands in the database, 400 with an OAuth error
/// otherwise, never cached (OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8).
/// </summary>
internal sealed class BackchannelLogout(
    TokenValidator validator, SignOuts signOuts, RefusedTokens refused, LogoutRate rate, RelayDatabase database, ApplySignOut apply, ILogger<BackchannelLogout> log)
{
    public const string Path = "/auth/backchannel-logout";
    public const string Because = "The logout token is its own proof: signed by a configured issuer, for one of its clients, counted once.";
    private const string Field = "logout_token";
    private const int MaximumBodyBytes = 256 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!rate.MayTry())
        {
            context.Response.Headers.RetryAfter = "1";
            await AnswerAsync(context, StatusCodes.Status429TooManyRequests, "temporarily_unavailable", "Too many refused requests.");
            return;
        }
        if (await TokenAsync(context) is not { } token)
        {
            await RefuseAsync(context, TokenResult.Refused(TokenRefusal.Missing));
            return;
        }

        var result = await validator.ValidateLogoutTokenAsync(token, context.RequestAborted);
        if (result.SignOut is not { } signOut)
        {
            await RefuseAsync(context, result.Refused);
            return;
        }
        try
        {
            // Not the caller's to cancel: who hangs up early has still signed out.
            if (!await NoteAsync(signOut))
            {
                await RefuseAsync(context, TokenResult.Refused(TokenRefusal.Replayed, result.Issuer));
                return;
            }
        }
        catch (DatabaseUnavailableException exception)
        {
            IdentityLog.SignOutNotNoted(log, signOut.Issuer, exception);
            await AnswerAsync(context, StatusCodes.Status400BadRequest, "temporarily_unavailable", "The sign-out could not be carried out now.");
            return;
        }
        IdentityLog.SignedOut(log, signOut.Issuer, signOut.SidSha256.Length > 0 ? "session" : "account");
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private Task<bool> NoteAsync(SignOut signOut) =>
        database.TransactAsync(
            async transaction =>
            {
                if (!await SignOutQueries.InsertAsync(transaction, signOut))
                    return false;
                await apply(transaction, signOut);
                transaction.AfterCommit(() => signOuts.Note([signOut]));
                return true;
            },
            CancellationToken.None);

    private static async Task<string?> TokenAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.HasFormContentType || request.ContentType!.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
            return null;
        if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaximumBodyBytes;
        try
        {
            var form = await request.ReadFormAsync(context.RequestAborted);
            return form[Field] is [{ Length: > 0 } token] ? token : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            return null;
        }
    }

    private Task RefuseAsync(HttpContext context, TokenResult result)
    {
        rate.NoteRefused();
        refused.Record(result, Path);
        // One text for all: what was wrong stands in the ledger, not with whoever tries.
        return AnswerAsync(context, StatusCodes.Status400BadRequest, "invalid_request", "The logout token was refused.");
    }

    private static Task AnswerAsync(HttpContext context, int status, string error, string description)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error, error_description = description }, context.RequestAborted);
    }
}
