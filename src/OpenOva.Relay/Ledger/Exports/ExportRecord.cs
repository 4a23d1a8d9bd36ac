namespace OpenOva.Relay.Ledger.Exports;

/// <summary>One leaf or one signed head on its way out.</summary>
/// <param name="Organisation">Whose ledger.</param>
/// <param name="Sequence">The leaf's number; the number of leaves under a head.</param>
/// <param name="Type">The event's type; <see cref="HeadType"/> for a head.</param>
/// <param name="TimeUs">When the event was caused, or the head signed; microseconds UTC.</param>
/// <param name="Sha256">The leaf's hash in the tree; the digest of a head's JWS. Lower-case hexadecimal.</param>
/// <param name="Content">The leaf's canonical JSON; the head's compact JWS.</param>
internal sealed record ExportRecord(string Organisation, long Sequence, string Type, long TimeUs, string Sha256, ReadOnlyMemory<byte> Content)
{
    /// <summary>Stands where an event's type would: no event has this name.</summary>
    public const string HeadType = "checkpoint";

    public bool IsHead => Type == HeadType;
}

/// <summary>How far an organisation's ledger has gone out: the leaves below <c>NextSequence</c>, and the heads of up to <c>HeadSize</c> leaves.</summary>
internal readonly record struct ExportPosition(long NextSequence, long HeadSize);

/// <summary>A record, and the position that is reached with it.</summary>
internal sealed record ExportItem(ExportRecord Record, ExportPosition After);
