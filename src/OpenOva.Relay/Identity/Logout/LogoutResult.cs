namespace OpenOva.Relay.Identity.Logout;

/// <summary>Either a sign-out, or why the logout token was refused.</summary>
internal sealed record LogoutResult(SignOut? SignOut, IssuerOptions? Issuer, TokenRefusal Refusal)
{
    public TokenResult Refused => TokenResult.Refused(Refusal, Issuer);
}
