using System.Net;

namespace OpenOva.Relay.Identity;

internal static class IssuerAddress
{
    public static bool IsLoopback(Uri address) =>
        address.IsLoopback || (IPAddress.TryParse(address.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip));

    /// <summary>Plain HTTP is taken on loopback, or where the issuer's configuration says that the path is protected otherwise.</summary>
    public static bool MayUseHttp(IssuerOptions issuer) =>
        issuer.AllowHttp || (Uri.TryCreate(issuer.EffectiveMetadataAddress, UriKind.Absolute, out var address) && IsLoopback(address));
}
