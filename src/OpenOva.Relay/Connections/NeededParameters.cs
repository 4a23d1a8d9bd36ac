using System.Collections.Frozen;

namespace OpenOva.Relay.Connections;

/// <summary>
/// The parameters of a connection that guacd must not ignore. guacd says nothing about a parameter it does not know, as an older one may
/// well not: a check of the target that is left out is none, a restriction that is left out allows what is forbidden, and without the name
/// of what is reached something else is.
/// </summary>
internal static class NeededParameters
{
    /// <summary>Who the target must prove to be. guacd 1.3.0 has no cert-fingerprints.</summary>
    private static readonly FrozenSet<string> Identity = Names("host-key sftp-host-key cert-fingerprints ca-cert security");

    /// <summary>What must not leave or enter, where it is <c>true</c>.</summary>
    private static readonly FrozenSet<string> Restrictions = Names("""
        read-only disable-copy disable-paste disable-download disable-upload sftp-disable-download sftp-disable-upload use-ssl
        """);

    /// <summary>What is reached beyond host and port. guacd 1.3.0 has no exec-command: it would attach to the container's own process.</summary>
    private static readonly FrozenSet<string> Reach = Names("""
        command exec-command namespace pod container initial-program remote-app preconnection-id preconnection-blob load-balance-info
        gateway-hostname dest-host dest-port sftp-root-directory
        """);

    /// <summary>The names, sorted, of those that the connection sets. Of a secret only its name is known here, so the name decides.</summary>
    public static IReadOnlyList<string> Of(Connection connection) =>
        [.. connection.Parameters.Where(entry => IsNeeded(entry.Key, entry.Value)).Select(entry => entry.Key)
            .Concat(connection.Secrets.Keys.Where(name => IsNeeded(name, "true")))
            .Order(StringComparer.Ordinal)];

    private static bool IsNeeded(string name, string value) =>
        Identity.Contains(name) || (Reach.Contains(name) && value.Length > 0) || (Restrictions.Contains(name) && value == "true");

    private static FrozenSet<string> Names(string list) =>
        list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
