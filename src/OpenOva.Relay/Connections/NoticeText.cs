namespace OpenOva.Relay.Connections;

/// <summary>What a person is told before a session on a connection begins.</summary>
/// <param name="Text">Plain text; each line is a paragraph.</param>
/// <param name="Sha256">Lower-case hex, of the text in UTF-8: its version.</param>
internal sealed record NoticeText(string Text, string Sha256);

/// <summary>The notice that is in force for a connection.</summary>
internal delegate NoticeText NoticeOf(Connection connection);
