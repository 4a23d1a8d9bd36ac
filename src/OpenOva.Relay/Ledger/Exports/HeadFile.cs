using System.Globalization;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>A head as a file: one checkpoint and nothing else, which <c>relay-verify --known-head</c> takes as it is.</summary>
internal static class HeadFile
{
    /// <summary><c>acme-0000000000001234-1763821808123456.jws</c>: organisation, leaves, microseconds UTC. In order of names they are in order of size.</summary>
    public static string Name(ExportRecord head) =>
        string.Create(CultureInfo.InvariantCulture, $"{head.Organisation}-{head.Sequence:D16}-{head.TimeUs:D16}.jws");
}
