using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace OpenOva.Relay.Identity.Development;

/// <summary>What a client asks at the authorization endpoint.</summary>
internal sealed record DevelopmentQuestion(string ClientId, string RedirectUri, string State, string Nonce, string Challenge)
{
    /// <summary>Null: it lacks something, or asks for another flow than code with PKCE.</summary>
    public static DevelopmentQuestion? Read(IQueryCollection query) =>
        query["response_type"] == "code" && query["code_challenge_method"] == "S256" && query["code_challenge"] is [{ Length: > 0 } challenge]
        && query["redirect_uri"] is [{ Length: > 0 } redirect] && query["client_id"] is [{ Length: > 0 } client]
            ? new(client, redirect, query["state"].ToString(), query["nonce"].ToString(), challenge)
            : null;
}

/// <summary>The development issuer's sign-in page: a form with Keycloak's field names, one user name and password, no session of its own.</summary>
internal static class DevelopmentSignIn
{
    public static IResult Page(string realm, bool failed) => Results.Content(
        $$"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in to {{WebUtility.HtmlEncode(realm)}}</title>
        <style>
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
        body { max-width: 22rem; margin: 4rem auto; padding: 0 1rem; }
        label { display: block; margin-top: 1rem; }
        input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin-top: .25rem; }
        button { margin-top: 1.5rem; }
        </style></head>
        <body><main><h1>Sign in to {{WebUtility.HtmlEncode(realm)}}</h1><p>Development issuer: for trials on this machine.</p>
        {{(failed ? "<p role=\"alert\"><strong>User name or password is wrong.</strong></p>" : "")}}
        <form id="kc-form-login" method="post">
        <label for="username">User name</label><input id="username" name="username" autocomplete="username" required autofocus>
        <label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
        <button id="kc-login">Sign in</button>
        </form></main></body></html>
        """,
        "text/html; charset=utf-8", statusCode: failed ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK);

    public static IResult Answer(DevelopmentQuestion question, string issuer, string code) => Results.Redirect(
        QueryHelpers.AddQueryString(question.RedirectUri, new Dictionary<string, string?> { ["code"] = code, ["state"] = question.State, ["iss"] = issuer }));
}
