namespace OpenOva.Relay.Configuration;

/// <summary>The one directory under which everything lies that this process keeps on disk; absolute. Key <c>Relay:Data</c>, default <c>relay-data</c>.</summary>
internal sealed record DataDirectory(string Path)
{
    public const string Key = "Relay:Data";

    public const string Default = "relay-data";

    /// <summary>A path below it; an absolute one stays as it is.</summary>
    public string At(string relative) => System.IO.Path.GetFullPath(relative, Path);
}
