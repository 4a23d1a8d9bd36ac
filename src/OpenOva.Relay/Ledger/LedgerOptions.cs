using OpenOva.Relay.Configuration;

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
}

internal sealed class ValidateLedgerOptions() : OptionsRules<LedgerOptions>(LedgerOptions.Section)
{
    protected override void Check(LedgerOptions options)
    {
        if (options.Keys.Length == 0) Fail(nameof(options.Keys), "must name a folder");
    }
}
