namespace OpenOva.Relay.Identity.Browser;

/// <summary>The client of an issuer that people sign in through with a browser (<see cref="IssuerOptions.Browser"/>). Its redirect address at the issuer is <c>/auth/callback</c>.</summary>
internal sealed class BrowserClientOptions
{
    public string ClientId { get; set; } = "";

    /// <summary>File with the client's secret; empty for a public client. The code flow uses PKCE either way.</summary>
    public string SecretFile { get; set; } = "";

    /// <summary>Scopes asked for, separated by blanks. Default <c>openid</c>: name and e-mail come by the client's default scopes in Keycloak.</summary>
    public string Scope { get; set; } = "openid";

    /// <summary><c>acr_values</c> that are asked for when a policy wants a stronger sign-in. Empty: the issuer is asked to sign in anew, at its own level.</summary>
    public string StepUpAcrValues { get; set; } = "";
}

/// <summary>Configuration <c>Relay:Identity:BrowserSessions</c>.</summary>
internal sealed class BrowserSessionOptions
{
    /// <summary>A sign-in that no page was asked with for so long is over. Default 30 min; 1 minute to 24 h.</summary>
    public TimeSpan Idle { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A sign-in is over after so long, whatever is done with it. Default 10 h; 1 minute to 24 h.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(10);
}
