using System.Collections.Immutable;

namespace OpenOva.Relay.Connections;

/// <summary>What a protocol's parameters must say for guacd to check whom it talks to. guacd's booleans are the literal <c>true</c>.</summary>
internal static class TargetIdentityRule
{
    /// <summary>The reason why nothing checks the target's identity, with the field at fault; null where something does.</summary>
    public static (string Field, string Reason)? WhyUnverified(string protocol, ImmutableSortedDictionary<string, string> parameters)
    {
        var own = protocol switch
        {
            "ssh" => parameters.GetValueOrDefault("host-key") is not { Length: > 0 }
                ? ("spec.parameters.host-key", "is needed: without it guacd takes any SSH host key")
                : ((string, string)?)null,
            "rdp" => WhyRdp(parameters),
            "kubernetes" => !IsTrue(parameters, "use-ssl") ? ("spec.parameters.use-ssl", "must be \"true\": plain HTTP proves nothing")
                : IsTrue(parameters, "ignore-cert") ? ("spec.parameters.ignore-cert", "turns the certificate check off")
                : null,
            _ => ("spec.protocol", $"{protocol} cannot prove who the target is"),
        };
        // SFTP beside RDP is a connection of its own, to a host of its own. (VNC is unverified already.)
        return own is null && protocol == "rdp" && IsTrue(parameters, "enable-sftp") && parameters.GetValueOrDefault("sftp-host-key") is not { Length: > 0 }
            ? ("spec.parameters.sftp-host-key", "is needed: without it guacd takes any SSH host key for SFTP")
            : own;
    }

    private static (string, string)? WhyRdp(ImmutableSortedDictionary<string, string> parameters)
    {
        if (IsTrue(parameters, "ignore-cert"))
            return ("spec.parameters.ignore-cert", "turns the certificate check off");
        if (IsTrue(parameters, "cert-tofu"))
            return ("spec.parameters.cert-tofu", "trusts whatever certificate comes first");
        // RDP's own encryption has no certificate of the host, and "any" lets the other side choose it.
        return parameters.GetValueOrDefault("security") is "tls" or "nla" or "nla-ext"
            ? null
            : ("spec.parameters.security", "must be tls, nla or nla-ext: anything else may be negotiated down to RDP without a certificate");
    }

    private static bool IsTrue(ImmutableSortedDictionary<string, string> parameters, string name) => parameters.GetValueOrDefault(name) == "true";
}
