using OpenOva.Relay.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Identity.Logout;

/// <summary>Whether a call that lasts may go on: a stream may outlive the right to it by hours, so each round of it asks.</summary>
internal sealed class CallerStanding(SignOuts signOuts, IdentityOptions identity, TimeProvider time)
{
    /// <exception cref="RelayException">TOKEN_REFUSED: the caller's token has expired, or its account or session was signed out.</exception>
    public void Guard(Caller caller)
    {
        if (time.GetUtcNow() - identity.ClockSkew >= caller.Expires
            || signOuts.Refuses(caller.Issuer, caller.Subject, caller.SessionId, caller.IssuedAt.ToUnixMicroseconds()))
        {
            throw new RelayException(ErrorReason.TokenRefused);
        }
    }
}
