using System.Text.Json.Nodes;

namespace OpenOva.Relay.Sessions;

/// <summary>The target has drawn: what is ledgered of it.</summary>
/// <param name="GuacdVersion">Empty: nobody knows any more.</param>
/// <param name="SyncMs">Null likewise.</param>
/// <param name="ParametersIgnored">Names that guacd did not know and went without, sorted; null likewise.</param>
internal sealed record FirstFrame(long Epoch, long AtUs, string GuacdVersion, long? SyncMs, IReadOnlyList<string>? ParametersIgnored);

/// <summary>The data of the sessions' ledger events.</summary>
internal static class SessionEvents
{
    public static JsonObject Connected(string session, FirstFrame frame) => new()
    {
        ["session"] = session,
        ["epoch"] = frame.Epoch,
        ["connected_us"] = frame.AtUs,
        ["guacd_version"] = frame.GuacdVersion,
        ["sync_ms"] = frame.SyncMs,
        ["parameters_ignored"] = frame.ParametersIgnored is { } names ? new JsonArray([.. names.Select(name => JsonValue.Create(name))]) : null,
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
