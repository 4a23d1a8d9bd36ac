using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Ledger.Stamps;

namespace OpenOva.Relay.Ledger;

/// <summary>Section <c>Relay:Ledger</c>.</summary>
internal sealed class LedgerOptions
{
    public const string Section = "Relay:Ledger";

    /// <summary>
    /// Folder of the organisations' keys, absolute or relative to <c>Relay:Data</c>. Default <c>keys</c>. Every replica is given the same folder: one that is
    /// given another refuses to sign.
    /// </summary>
    public string Keys { get; set; } = "keys";

    /// <summary>Where leaves and heads go as they come, by name. Default: nowhere. A name is never given to another place: its position would not be its own.</summary>
    public IDictionary<string, ExportOptions> Exports { get; } = new Dictionary<string, ExportOptions>(StringComparer.Ordinal);

    /// <summary>Where heads alone go, by name. Default: nowhere.</summary>
    public IDictionary<string, HeadSinkOptions> HeadSinks { get; } = new Dictionary<string, HeadSinkOptions>(StringComparer.Ordinal);

    /// <summary>Who stamps heads. Default: nobody, and no evidence is stronger than its operator's signature by itself.</summary>
    public TimestampAuthorityOptions TimestampAuthority { get; } = new();
}
