using System.Globalization;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Pages.Frame;

/// <summary>Values as people read them.</summary>
internal static class PageText
{
    private static readonly (Channels Channel, string Words)[] OpenChannels =
    [
        (Relay.Connections.Channels.ClipboardIn, "paste"), (Relay.Connections.Channels.ClipboardOut, "copy"), (Relay.Connections.Channels.FileUpload, "upload"),
        (Relay.Connections.Channels.FileDownload, "download"), (Relay.Connections.Channels.Printing, "print"), (Relay.Connections.Channels.AudioOut, "sound"),
        (Relay.Connections.Channels.AudioIn, "microphone"),
    ];

    /// <summary>UTC, to the second; a script shows the reader's own time beside it.</summary>
    public static string Time(long microseconds) => microseconds == 0 ? "" : RowClock.FromUnixMicroseconds(microseconds).ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>For the attribute <c>datetime</c>.</summary>
    public static string Iso(long microseconds) => RowClock.FromUnixMicroseconds(microseconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };

    public static string State(AccessRequestState state) => state switch
    {
        AccessRequestState.Pending => "waiting for a decision",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string State(SessionState state) => state switch
    {
        SessionState.Opened => "opened, not connected",
        SessionState.Connected => "live",
        SessionState.Sealed => "sealed",
        SessionState.Verified => "sealed and verified",
        _ => state.ToString().ToLowerInvariant(),
    };

    /// <summary>What a connection lets through besides the screen.</summary>
    public static string Channels(Channels channels)
    {
        var open = OpenChannels.Where(entry => channels.HasFlag(entry.Channel)).Select(entry => entry.Words).ToList();
        return open.Count == 0 ? "nothing" : string.Join(", ", open);
    }

    /// <summary>What crossed, and its name where it has one; how many, where they are counted together.</summary>
    public static string Transfer(TransferRow transfer) =>
        transfer.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{transfer.Kind}, {transfer.Count} times") : transfer.Name is { } name ? $"{transfer.Kind} {name}" : transfer.Kind;

    /// <summary>Why a session ended, for the person and for those who look at it later.</summary>
    public static string End(SessionEndReason reason) => reason switch
    {
        SessionEndReason.Unspecified => "",
        SessionEndReason.ClientLeft => "the person left",
        SessionEndReason.TargetEnded => "the target ended it",
        SessionEndReason.TargetError => "the target reported an error",
        SessionEndReason.GuacdLost => "the desktop gateway was lost",
        SessionEndReason.RecorderFailed => "it could not be recorded any more",
        SessionEndReason.ReaderTooSlow => "the person's browser read too slowly",
        SessionEndReason.ClientProtocolError => "the person's client broke the protocol",
        SessionEndReason.GuacdProtocolError => "the desktop gateway broke the protocol",
        SessionEndReason.ReplicaLost => "the replica was lost",
        SessionEndReason.ReplicaShutdown => "the replica was shut down",
        SessionEndReason.TicketExpired => "nobody connected in time",
        SessionEndReason.ConnectFailed => "it did not connect",
        SessionEndReason.Terminated => "it was ended by order",
        SessionEndReason.SignedOut => "the person signed out",
        SessionEndReason.AccessWithdrawn => "access was withdrawn",
        SessionEndReason.TimeOver => "its time was over",
        SessionEndReason.Idle => "nobody typed or clicked for too long",
        SessionEndReason.ApprovalRevoked => "its approval was revoked",
        _ => reason.ToString(),
    };
}
