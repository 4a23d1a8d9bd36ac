using System.Security.Cryptography;
using System.Text;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// What a person is told before a session that is recorded begins. Its version is the SHA-256 of its text: that he acknowledged it stands in the event
/// <c>session.opened</c>, so that what he was told can be proved later.
/// </summary>
internal sealed class RecordingNotice
{
    private const string Standard =
        """
        Sessions on this connection are recorded: everything the target's screen shows, and where the pointer is, from the first picture to the last.
        What is typed is not recorded as such, but appears where the target shows it. The contents of clipboard and files are not kept unless this connection's policy says so.
        Recordings are kept for evidence of privileged access, for as long as the connection's retention says, and cannot be deleted before.
        Auditors and reviewers of your organisation can replay them; each view needs a purpose and is itself recorded. Nobody replays his own.
        Whoever does not agree does not open the session.
        """;

    public RecordingNotice(SessionsOptions options)
    {
        Text = (options.NoticeFile.Length == 0 ? Standard : File.ReadAllText(options.NoticeFile)).ReplaceLineEndings("\n").Trim();
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
    }

    /// <summary>Plain text; each line is a paragraph.</summary>
    public string Text { get; }

    /// <summary>Lower-case hex, of the text in UTF-8.</summary>
    public string Sha256 { get; }
}
