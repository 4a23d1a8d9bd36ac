using System.Text.Json.Nodes;

namespace OpenOva.Relay.Connections;

/// <summary>
/// What may cross a connection besides what is drawn, typed and clicked. In: from the person to the target. All of it is closed unless the connection opens it, but
/// for the target's sound.
/// </summary>
[Flags]
internal enum Channels
{
    None = 0,
    ClipboardIn = 1,
    ClipboardOut = 2,
    FileUpload = 4,
    FileDownload = 8,
    Printing = 16,
    AudioOut = 32,
    AudioIn = 64,
}

internal static class ChannelNames
{
    private static readonly (Channels Channel, string Name)[] Names =
    [
        (Channels.ClipboardIn, "clipboard_in"), (Channels.ClipboardOut, "clipboard_out"), (Channels.FileUpload, "file_upload"),
        (Channels.FileDownload, "file_download"), (Channels.Printing, "printing"), (Channels.AudioOut, "audio_out"), (Channels.AudioIn, "audio_in"),
    ];

    /// <summary>Whether at least one of those is open.</summary>
    public static bool HasAny(this Channels channels, Channels some) => (channels & some) != 0;

    /// <summary>Each channel and whether it is open, as digests and the ledger hold it.</summary>
    public static JsonObject ToJson(this Channels channels) =>
        new(Names.Select(entry => KeyValuePair.Create(entry.Name, (JsonNode?)channels.HasFlag(entry.Channel))));
}
