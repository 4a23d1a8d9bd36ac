using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// What a person is told before a session that is recorded begins: the operator's text or a standard one, and what this connection lets through besides the screen. Its
/// version is the SHA-256 of its text: that he acknowledged it stands in the event <c>session.opened</c>, so that what he was told can be proved later.
/// </summary>
internal sealed class RecordingNotice
{
    private const string Standard =
        """
        Sessions on this connection are recorded: everything the target's screen shows, and where the pointer is, from the first picture to the last.
        What is typed is not recorded as such, but appears where the target shows it.
        Recordings are kept for evidence of privileged access, for as long as the connection's retention says, and cannot be deleted before.
        Auditors and reviewers of your organisation can replay them; each view needs a purpose and is itself recorded. Nobody replays his own.
        Whoever does not agree does not open the session.
        """;

    private static readonly (Channels Channel, string Words)[] Words =
    [
        (Channels.ClipboardIn, "the clipboard to the target"), (Channels.ClipboardOut, "the clipboard from the target"), (Channels.FileUpload, "files to the target"),
        (Channels.FileDownload, "files from the target"), (Channels.Printing, "print jobs from the target"), (Channels.AudioOut, "sound from the target"),
        (Channels.AudioIn, "sound to the target"),
    ];

    private readonly string _text;

    public RecordingNotice(SessionsOptions options) =>
        _text = (options.NoticeFile.Length == 0 ? Standard : File.ReadAllText(options.NoticeFile)).ReplaceLineEndings("\n").Trim();

    /// <summary>The notice of one connection.</summary>
    public NoticeText Of(Connections.Connection connection)
    {
        var text = $"{_text}\n{OfChannels(connection.Channels)}";
        return new(text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    private static string OfChannels(Channels channels)
    {
        var open = Words.Where(entry => channels.HasFlag(entry.Channel)).Select(entry => entry.Words).ToList();
        var lets = open.Count == 0 ? "Besides screen, keyboard and pointer this connection lets nothing through." : $"Besides screen, keyboard and pointer this connection lets through: {string.Join(", ", open)}.";
        return $"{lets} What is pasted, copied, transferred or printed, and what is tried of it, is noted with its direction, type, size and SHA-256, files with their names; "
            + "the contents of clipboard, files and print jobs are not kept.";
    }
}
