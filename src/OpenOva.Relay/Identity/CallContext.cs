using Grpc.Core;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Identity;

internal static class CallContext
{
    /// <summary>Who makes the call.</summary>
    /// <exception cref="RelayException">TOKEN_REFUSED: nobody was authenticated, which only a call that needs no token may meet.</exception>
    public static CallerFeature Callers(this HttpContext context) =>
        context.Features.Get<CallerFeature>() ?? throw new RelayException(ErrorReason.TokenRefused);

    /// <inheritdoc cref="Callers(HttpContext)"/>
    public static CallerFeature Callers(this ServerCallContext context) => context.GetHttpContext().Callers();
}
