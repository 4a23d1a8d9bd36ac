using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>Whether a key history is the one that the reader trusts.</summary>
internal static class KeyTrust
{
    /// <exception cref="EvidenceMissingException">No fingerprint was given, or it is another one.</exception>
    public static string Check(string? trusted, KeyHistory keys)
    {
        if (trusted is null) throw new EvidenceMissingException("no trusted fingerprint was given");
        if (trusted != keys.Fingerprint) throw new EvidenceMissingException($"the root key is {keys.Fingerprint}, not the trusted {trusted}");
        return "the root key is the trusted one";
    }
}
