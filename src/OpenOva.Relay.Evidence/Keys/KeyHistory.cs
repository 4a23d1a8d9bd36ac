using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Evidence.Keys;

/// <summary>One signing key of an organisation and when it was in use. Times are microseconds UTC; <c>UntilUs</c> null: still in use.</summary>
public sealed record SigningKeyPeriod(EcPublicKey Key, long FromUs, long? UntilUs);

/// <summary>The list of an organisation's signing keys, signed by its root key, which signs nothing else (README.md section 2).</summary>
public sealed class KeyHistory
{
    private const string Use = "signing";

    private KeyHistory(Jws jws, string organisation, long version, long issuedUs, IReadOnlyList<SigningKeyPeriod> keys)
    {
        Jws = jws;
        Organisation = organisation;
        Version = version;
        IssuedUs = issuedUs;
        Keys = keys;
    }

    /// <summary>The signed form.</summary>
    public Jws Jws { get; }

    /// <summary>Whose keys these are.</summary>
    public string Organisation { get; }

    /// <summary>Rises by one with each change.</summary>
    public long Version { get; }

    /// <summary>When this version was signed, microseconds UTC.</summary>
    public long IssuedUs { get; }

    /// <summary>Every signing key there ever was, oldest first.</summary>
    public IReadOnlyList<SigningKeyPeriod> Keys { get; }

    /// <summary>The root key's thumbprint: what a reader trusts.</summary>
    public string Fingerprint => Jws.HeaderKey!.Thumbprint;

    /// <summary>Signs a history.</summary>
    public static async ValueTask<KeyHistory> SignAsync(
        string organisation, long version, long issuedUs, IReadOnlyList<SigningKeyPeriod> keys, ISigningKey root, CancellationToken cancellationToken)
    {
        var payload = new JsonObject
        {
            ["v"] = 1,
            ["organisation"] = organisation,
            ["version"] = version,
            ["issued_us"] = issuedUs,
            ["keys"] = new JsonArray([.. keys.Select(k => new JsonObject
            {
                ["jwk"] = k.Key.ToJwk(),
                ["kid"] = k.Key.Thumbprint,
                ["use"] = Use,
                ["from_us"] = k.FromUs,
                ["until_us"] = k.UntilUs,
            })]),
        };
        var jws = await Jws.SignAsync(JwsTypes.KeyHistory, payload, root, embedKey: true, cancellationToken).ConfigureAwait(false);
        return new(jws, organisation, version, issuedUs, keys);
    }

    /// <summary>Reads a history and checks the root's signature. Whether the root is to be trusted is the reader's to say.</summary>
    /// <exception cref="EvidenceFormatException">Another form, or the signature is not the root key's.</exception>
    public static KeyHistory Parse(ReadOnlySpan<byte> file, string what)
    {
        var jws = Jws.Parse(file, JwsTypes.KeyHistory, what);
        if (!jws.IsSignedBy(jws.HeaderKey!)) throw new EvidenceFormatException($"{what}: the root key's signature does not hold");
        var read = jws.ReadPayload(what);
        var keys = new List<SigningKeyPeriod>();
        foreach (var entry in read.Objects("keys"))
        {
            var key = EcPublicKey.FromJwk(entry.Object("jwk"));
            if (entry.String("kid") != key.Thumbprint) throw entry.Error("kid is not the key's thumbprint");
            var period = new SigningKeyPeriod(key, entry.Count("from_us"), entry.NullableCount("until_us"));
            if (entry.String("use") == Use) keys.Add(period);
        }

        return new(jws, read.String("organisation"), read.Count("version"), read.Count("issued_us"), keys);
    }

    /// <summary>Whether the organisation signed this statement, with a key that was in use at the time that the statement names.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="atUs">The time it names, microseconds UTC.</param>
    public bool Signed(Jws statement, long atUs) => Keys.Any(k =>
        k.Key.Thumbprint == statement.KeyId && k.FromUs <= atUs && (k.UntilUs is not { } until || atUs < until) && statement.IsSignedBy(k.Key));
}
