using System.Text.Json.Nodes;

namespace OpenOva.Relay.Sessions;

/// <summary>The data of the sessions' ledger events.</summary>
internal static class SessionEvents
{
    public static JsonObject Connected(string session, long epoch, long connectedUs, string guacdVersion, long? syncMs) => new()
    {
        ["session"] = session,
        ["epoch"] = epoch,
        ["connected_us"] = connectedUs,
        ["guacd_version"] = guacdVersion,
        ["sync_ms"] = syncMs,
    };

    public static JsonObject Noticed(string session, SessionNotice notice) => new()
    {
        ["session"] = session,
        ["kind"] = notice.Kind.Name(),
        ["at_us"] = notice.AtUs,
    };

    public static JsonObject Ended(SessionRow row, SessionOutcome outcome, long? connectedUs, long endedUs) => new()
    {
        ["session"] = row.Id,
        ["epoch"] = row.Epoch,
        ["connected"] = connectedUs is not null,
        ["recorded"] = row.RecordingOpened,
        ["reason"] = outcome.Reason.Name(),
        ["status"] = outcome.Status,
        ["failure"] = outcome.Failure?.Name(),
        ["opened_us"] = row.OpenedUs,
        ["connected_us"] = connectedUs,
        ["ended_us"] = endedUs,
    };
}
