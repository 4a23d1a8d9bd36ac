using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity.Logout;

/// <summary>An issuer has ended a session, or all sessions of an account.</summary>
internal sealed class SignOut
{
    public string Organisation { get; init; } = "";
    public string Issuer { get; init; } = "";

    /// <summary>Empty: the session is known by its id alone.</summary>
    public string Subject { get; init; } = "";

    /// <summary>As <see cref="HashOf"/>; empty: the whole account is signed out.</summary>
    public string SidSha256 { get; init; } = "";
    public string JtiSha256 { get; init; } = "";

    /// <summary>When it was, by the issuer's clock, microseconds UTC: tokens issued until then are of before.</summary>
    public long BeforeUs { get; init; }
    public long NotedUs { get; init; }
    public long ExpiresUs { get; init; }

    /// <summary>A session or token id as it is kept: SHA-256, lower-case hex. Such ids work as credentials in some products.</summary>
    public static string HashOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    /// <summary>The data of the event <c>subject.signed-out</c>.</summary>
    public JsonObject ToLedgerData(int sessions) => new()
    {
        ["issuer"] = Issuer,
        ["sub"] = Subject.Length == 0 ? null : Subject,
        ["sid_sha256"] = SidSha256.Length == 0 ? null : SidSha256,
        ["before_us"] = BeforeUs,
        ["sessions"] = sessions,
    };

    public override string ToString() => $"{Issuer}#{(Subject.Length == 0 ? SidSha256 : Subject)}";
}

/// <summary>Ends what a sign-out ends and keeps it as evidence, in the transaction that notes it.</summary>
internal delegate Task ApplySignOut(RelayTransaction transaction, SignOut signOut);
