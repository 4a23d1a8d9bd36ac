using System.Globalization;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity.Logout;

namespace OpenOva.Relay.Identity;

/// <summary>The first token of a sign-in that was taken, and what the issuer says of how the account was authenticated.</summary>
/// <param name="Organisation">Of the issuer.</param>
/// <param name="Issuer">With <paramref name="Subject"/>, the account.</param>
/// <param name="Subject">The account at its issuer.</param>
/// <param name="Key">What makes it one sign-in: see <see cref="SignIns.KeyOf"/>.</param>
/// <param name="Client">To which the token was issued.</param>
/// <param name="Acr">The level of authentication.</param>
/// <param name="Amr">The means.</param>
/// <param name="SidSha256">The issuer's session, as sign-outs name it; null: the token names none.</param>
/// <param name="AuthenticatedUs">When, by the issuer's clock, microseconds UTC; null: the token does not say.</param>
/// <param name="SeenUs">When its token was taken here first.</param>
internal sealed record SignIn(
    string Organisation, string Issuer, string Subject, string Key, string? Client, string? Acr, IReadOnlyList<string> Amr, string? SidSha256, long? AuthenticatedUs,
    long SeenUs)
{
    /// <summary>The data of the event <c>subject.signed-in</c>.</summary>
    public JsonObject ToLedgerData() => new()
    {
        ["subject"] = new JsonObject { ["issuer"] = Issuer, ["sub"] = Subject },
        ["sid_sha256"] = SidSha256,
        ["client"] = Client,
        ["acr"] = Acr,
        ["amr"] = new JsonArray([.. Amr.Select(means => JsonValue.Create(means))]),
        ["authenticated_us"] = AuthenticatedUs,
        ["seen_us"] = SeenUs,
    };
}

/// <summary>
/// Finds sign-ins among accepted tokens: the first of each session of the issuer. Asked for every call, so what is known already costs one look-up. Memory is bounded;
/// what is forgotten, or was seen by another replica, the database knows.
/// </summary>
internal sealed class SignIns(TimeProvider time)
{
    private const int MostKnown = 100_000;
    private const int MostWaiting = 10_000;
    private readonly Lock _gate = new();
    private readonly HashSet<(string Issuer, string Subject, string Key)> _known = [];
    private List<SignIn> _waiting = [];

    /// <summary>Takes the holder of an accepted token.</summary>
    public void Note(Caller caller)
    {
        var key = KeyOf(caller);
        lock (_gate)
        {
            // Too many at a time: one that is left out is noted with its next token.
            if (_waiting.Count >= MostWaiting || _known.Contains((caller.Issuer, caller.Subject, key))) return;
            if (_known.Count >= MostKnown) _known.Clear();
            _known.Add((caller.Issuer, caller.Subject, key));
            _waiting.Add(new(
                caller.Organisation, caller.Issuer, caller.Subject, key, caller.ClientId, caller.Acr, caller.Amr,
                caller.SessionId is { } sid ? SignOut.HashOf(sid) : null, caller.AuthenticatedAt?.ToUnixMicroseconds(), time.GetUnixMicroseconds()));
        }
    }

    /// <summary>
    /// The issuer's session as its hash; without one, as for clients that act for themselves, the day on which the token was issued: a service that fetches a token every
    /// five minutes signs in once a day.
    /// </summary>
    public static string KeyOf(Caller caller) => caller.SessionId is { } sid
        ? SignOut.HashOf(sid)
        : string.Create(CultureInfo.InvariantCulture, $"{caller.ClientId} {caller.IssuedAt.UtcDateTime:yyyy-MM-dd}");

    /// <summary>Hands over what was found since; what <paramref name="take"/> throws on is handed over again the next time.</summary>
    public async Task FlushAsync(Func<IReadOnlyList<SignIn>, CancellationToken, Task> take, CancellationToken cancellation)
    {
        List<SignIn> found;
        lock (_gate)
        {
            if (_waiting.Count == 0) return;
            (found, _waiting) = (_waiting, []);
        }

        try
        {
            await take(found, cancellation);
        }
        catch
        {
            lock (_gate) _waiting.InsertRange(0, found);
            throw;
        }
    }
}
