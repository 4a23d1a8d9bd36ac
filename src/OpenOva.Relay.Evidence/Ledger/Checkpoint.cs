using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Ledger;

/// <summary>A signed head of an organisation's ledger (README.md section 4.3).</summary>
public sealed class Checkpoint
{
    private Checkpoint(Jws jws, string organisation, long size, string root, long timeUs)
    {
        Jws = jws;
        Organisation = organisation;
        Size = size;
        Root = root;
        TimeUs = timeUs;
    }

    /// <summary>The signed form.</summary>
    public Jws Jws { get; }

    /// <summary>Whose ledger.</summary>
    public string Organisation { get; }

    /// <summary>The number of leaves.</summary>
    public long Size { get; }

    /// <summary>The Merkle root at that size, lower-case hexadecimal.</summary>
    public string Root { get; }

    /// <summary>When it was signed, microseconds UTC.</summary>
    public long TimeUs { get; }

    /// <summary>Signs a head.</summary>
    public static async ValueTask<Checkpoint> SignAsync(
        string organisation, long size, string root, long timeUs, ISigningKey key, CancellationToken cancellationToken)
    {
        var payload = new JsonObject { ["v"] = 1, ["organisation"] = organisation, ["size"] = size, ["root"] = root, ["time_us"] = timeUs };
        var jws = await Jws.SignAsync(JwsTypes.Checkpoint, payload, key, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new(jws, organisation, size, root, timeUs);
    }

    /// <summary>Reads a checkpoint; its signature is the caller's to check, against a <see cref="KeyHistory"/>.</summary>
    /// <exception cref="EvidenceFormatException">Another form.</exception>
    public static Checkpoint Parse(ReadOnlySpan<byte> file, string what)
    {
        var jws = Jws.Parse(file, JwsTypes.Checkpoint, what);
        var read = jws.ReadPayload(what);
        return new(jws, read.String("organisation"), read.Count("size"), read.Digest("root"), read.Count("time_us"));
    }
}
