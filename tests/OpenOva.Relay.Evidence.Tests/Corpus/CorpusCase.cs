namespace OpenOva.Relay.Evidence.Tests.Corpus;

/// <summary>A bundle and what every verifier must say of it. Checks are named without the session: <c>1/chain</c> is that of the first recording.</summary>
public sealed record CorpusCase(string Name, int Exit, string Integrity, string Completeness, string Failed, string Missing)
{
    public byte[] Bundle { get; init; } = [];

    public string? Trust { get; init; }

    public IReadOnlyList<byte[]> KnownHeads { get; init; } = [];

    /// <summary>The short name of a check.</summary>
    public static string Short(string check) => check
        .Replace($"recording/{SampleBundle.First}/", "1/", StringComparison.Ordinal)
        .Replace($"recording/{SampleBundle.Second}/", "2/", StringComparison.Ordinal);

    public override string ToString() => Name;
}
