using System.Globalization;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Recordings;

/// <summary>Object keys of a recording: <c>&lt;organisation&gt;/&lt;yyyy&gt;/&lt;mm&gt;/&lt;dd&gt;/&lt;session&gt;/&lt;epoch&gt;-…</c>, by the day the session was opened (UTC).</summary>
internal sealed record RecordingKeys(string Organisation, string Session, long Epoch, long OpenedUs, int Attempt = 0)
{
    /// <summary>The keys of a recording; a seal that was broken off leaves its keys to nobody, and the next try takes those of the next attempt.</summary>
    public static RecordingKeys Of(RecordingDescriptor descriptor, int attempt = 0) =>
        new(descriptor.Organisation, descriptor.Session, descriptor.Epoch, descriptor.OpenedUs, attempt);

    public string Object => $"{Prefix}.guac.gz";

    public string Index => $"{Prefix}.index.json";

    public string Manifest => $"{Prefix}.manifest.jws";

    /// <summary>Where the live pieces of all epochs stand.</summary>
    public string LiveFolder => $"live/{Folder}/";

    /// <summary>What the keys of this epoch's live pieces begin with.</summary>
    public string LivePrefix => string.Create(CultureInfo.InvariantCulture, $"live/{Folder}/{Epoch}-");

    public string LiveSegment(long number) => string.Create(CultureInfo.InvariantCulture, $"live/{Folder}/{Epoch}-{number:D8}.seg");

    private string Folder => string.Create(CultureInfo.InvariantCulture, $"{Organisation}/{RowClock.FromUnixMicroseconds(OpenedUs):yyyy/MM/dd}/{Session}");

    private string Prefix => string.Create(CultureInfo.InvariantCulture, $"{Folder}/{Epoch}-{Session}{(Attempt == 0 ? "" : $".{Attempt}")}");
}
