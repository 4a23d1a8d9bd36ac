using Microsoft.AspNetCore.WebUtilities;
using OpenOva.Relay.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>
/// Signing in and out with a browser: <c>GET /auth/sign-in</c> leads to the issuer, <c>GET /auth/callback</c> comes back from it, <c>POST /auth/sign-out</c> ends it
/// here and then at the issuer.
/// </summary>
internal sealed class BrowserRoutes(CodeFlow flow, BrowserSessions sessions, SignIns signIns, TimeProvider time, ILogger<BrowserRoutes> log)
{
    public const string SignInPath = "/auth/sign-in";
    public const string CallbackPath = "/auth/callback";
    public const string SignOutPath = "/auth/sign-out";

    /// <summary>The page that asks which organisation; there <c>?organisation=</c> and <c>?failed=</c> say what was tried.</summary>
    public const string ChoicePath = "/sign-in";

    /// <summary>The page after a sign-out; <c>?at=</c> is where the issuer's own session is ended.</summary>
    public const string GoodbyePath = "/signed-out";

    private const string Because = "Whoever signs in has no token yet: the issuer's answer is its own proof, bound to the browser that asked.";
    private const int MaximumCodeLength = 4_096;

    /// <summary>Leads through a sign-in and back to <paramref name="returnTo"/>.</summary>
    public static string SignInAddress(string returnTo, bool isStepUp = false)
    {
        var query = new Dictionary<string, string?> { ["return"] = returnTo };
        if (isStepUp) query["step-up"] = "1";
        return QueryHelpers.AddQueryString(SignInPath, query);
    }

    public static RouteGroupBuilder Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AtDoor(Doors.Web);
        group.MapGet(SignInPath, (HttpContext context, BrowserRoutes served) => served.SignInAsync(context))
            .WithMetadata(new AllowAnonymousCallAttribute(Because), new BrowserCallAttribute { IsPage = true });
        group.MapGet(CallbackPath, (HttpContext context, BrowserRoutes served) => served.CallbackAsync(context))
            .WithMetadata(new AllowAnonymousCallAttribute(Because), new BrowserCallAttribute { IsPage = true });
        group.MapPost(SignOutPath, (HttpContext context, BrowserRoutes served) => served.SignOutAsync(context))
            .WithMetadata(new AllowAttribute(CallerRoles.None) { Decides = true }, new BrowserCallAttribute { IsPage = true }).DisableAntiforgery();
        return group;
    }

    private async Task<IResult> SignInAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var returnTo = LocalPath.Of(query["return"]);
        var issuers = flow.Issuers.ToList();
        var named = query["organisation"].ToString();
        if (named.Length > 0) issuers = issuers.FindAll(issuer => issuer.Organisation == named);
        if (issuers.Count > 1 && int.TryParse(query["issuer"], out var nth) && nth >= 0 && nth < issuers.Count) issuers = [issuers[nth]];
        if (issuers.Count != 1)
            return Results.Redirect(QueryHelpers.AddQueryString(ChoicePath, new Dictionary<string, string?> { ["return"] = returnTo, ["organisation"] = named }));

        var wanted = new WantedSignIn(returnTo, query["step-up"] == "1");
        var (attempt, address) = await flow.BeginAsync(issuers[0], wanted, Callback(context), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Cookies.Append(SignInAttempt.CookieName(attempt.State), attempt.ToCookie(), BrowserCall.Cookie(context, CallbackPath, SignInAttempt.Lifetime));
        return Results.Redirect(address);
    }

    private async Task<IResult> CallbackAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var (state, code) = (query["state"].ToString(), query["code"].ToString());
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        var name = SignInAttempt.CookieName(state);
        var attempt = SignInAttempt.Read(context.Request.Cookies[name], state, time.GetUnixMicroseconds());
        context.Response.Cookies.Delete(name, BrowserCall.Cookie(context, CallbackPath));
        if (attempt is null) return Failed("/");
        if (query["error"] is [{ Length: > 0 } error])
        {
            // RFC 6749, section 4.1.2.1: of the code alone, since the rest is the issuer's free text.
            IdentityLog.SignInDenied(log, attempt.Issuer, error.Length <= 64 && error.All(c => char.IsAsciiLetterLower(c) || c == '_') ? error : "other");
            return Failed(attempt.ReturnTo);
        }

        if (code.Length is 0 or > MaximumCodeLength) return Failed(attempt.ReturnTo);
        var redeemed = await flow.RedeemAsync(attempt, code, query["iss"] is [{ } by] ? by : null, Callback(context), context.RequestAborted);
        if (redeemed is not var (tokens, caller)) return Failed(attempt.ReturnTo);
        // The browser's earlier sign-in, if any, is over: a secret is never taken over from one person to the next.
        if (BrowserCall.SecretOf(context) is { } earlier) await sessions.SignOutAsync(earlier, context.RequestAborted);
        BrowserCall.SetCookie(context, await sessions.CreateAsync(tokens, caller, context.RequestAborted));
        signIns.Note(caller);
        return Results.Redirect(attempt.ReturnTo);
    }

    private async Task<IResult> SignOutAsync(HttpContext context)
    {
        if (!await BrowserCall.IsOwnFormAsync(context)) throw new RelayException(ErrorReason.NotPermitted);
        var ended = await sessions.SignOutAsync(context.Features.Get<BrowserFeature>()!.Secret, context.RequestAborted);
        BrowserCall.DeleteCookie(context);
        var after = ended is var (issuer, tokens)
            ? await flow.EndSessionAsync(issuer, tokens, PublicOrigin.Of(context) + GoodbyePath, context.RequestAborted)
            : null;
        return new Goodbye(after);
    }

    private static IResult Failed(string returnTo) =>
        Results.Redirect(QueryHelpers.AddQueryString(ChoicePath, new Dictionary<string, string?> { ["return"] = returnTo, ["failed"] = "1" }));

    private static string Callback(HttpContext context) => PublicOrigin.Of(context) + CallbackPath;

    // A form's answer may not redirect to another site under the pages' form-action: the browser is told by a header instead, which follows no form.
    private sealed class Goodbye(string? after) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            if (after is null)
            {
                context.Response.Redirect(GoodbyePath);
                return Task.CompletedTask;
            }

            context.Response.Headers["Refresh"] = $"0;url={after}";
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync("Signed out. The identity provider is asked to end its session too.", context.RequestAborted);
        }
    }
}
