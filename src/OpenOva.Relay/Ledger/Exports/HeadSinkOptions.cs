using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>What a head sink is.</summary>
internal enum HeadSinkKind
{
    None = 0,

    /// <summary>A folder, such as a mount of another machine's.</summary>
    Directory = 1,

    /// <summary>A bucket that belongs to somebody else.</summary>
    S3 = 2,
}

/// <summary>
/// Section <c>Relay:Ledger:HeadSinks:&lt;name&gt;</c>: one place beyond this installation's own store that signed heads go to. It proves something only where
/// the operator of Relay cannot delete or replace what is there.
/// </summary>
internal sealed class HeadSinkOptions
{
    /// <summary><c>directory</c> or <c>s3</c>.</summary>
    public HeadSinkKind Kind { get; set; }

    /// <summary>The folder, absolute. It is never made: where a mount is missing, that is to be seen.</summary>
    public string Directory { get; set; } = "";

    /// <summary>The endpoint and its <c>Writer</c>, as for the object store; the identities of other duties are not used.</summary>
    public S3Options S3 { get; } = new();

    /// <summary>The bucket; retention is its owner's to set.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>Before each key, such as <c>relay/</c>. Default empty.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>Longest pause between two attempts; pauses double from one second. Default 1 min; 1 s to 1 h.</summary>
    public TimeSpan PauseCeiling { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Failing for this long is an outage, and enters the ledger. Default 5 min; must be positive.</summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(5);

    public override string ToString() => Kind.ToString();
}
