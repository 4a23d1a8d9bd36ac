using System.CommandLine;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.GatewayClient;

/// <summary><c>relay-gateway-client open</c>: a whole session, from the decision to the tunnel's last message.</summary>
internal static class OpenVerb
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(20);

    public static Command Create()
    {
        var connection = new Option<string>("--connection") { Description = "The connection's name.", HelpName = "NAME", Required = true };
        var purpose = new Option<string>("--purpose") { Description = "Why the session is opened; kept as evidence.", HelpName = "TEXT", Required = true };
        var reference = new Option<string>("--ticket-reference") { Description = "A change or incident it belongs to.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var type = new Option<string[]>("--type")
        {
            Description = @"Text to type once the screen is quiet; \n is Enter, \t Tab, \\ a backslash. May be repeated.", HelpName = "TEXT",
        };
        return GatewayCommandLine.Verb(
            "open", "Open a session, type, move the pointer, and leave. Prints the session's id.", [connection, purpose, reference, type],
            async (api, parsed, answer, cancellation) =>
            {
                var keys = (parsed.GetValue(type) ?? []).Select(Keys.Parse).ToList();
                var request = new SessionServiceOpenRequest
                {
                    Connection = parsed.GetValue(connection), Purpose = parsed.GetValue(purpose), TicketReference = parsed.GetValue(reference),
                };
                var opened = await api.Sessions.OpenAsync(request, await api.AsPersonThroughGatewayAsync(cancellation), cancellationToken: cancellation);
                answer.Progress($"opened: session {opened.SessionId}, {(opened.Recorded ? "recorded" : "not recorded")}");

                await using var session = await TunnelSession.StartAsync(api, opened.TunnelTicket, cancellation);
                answer.Progress("connected: the target has drawn its first frame");
                await session.QuietAsync(Prompt, cancellation);
                foreach (var text in keys)
                {
                    answer.Progress($"typing {text.Count} keys");
                    await new Typist(session).TypeAsync(text, cancellation);
                }

                var ended = await session.LeaveAsync(cancellation);
                answer.Progress($"left: {ended.Reason}");
                answer.Write(
                    parsed,
                    new
                    {
                        sessionId = opened.SessionId, recorded = opened.Recorded, endReason = ended.Reason.ToString(), guacamoleStatus = ended.GuacamoleStatus,
                        bytesReceived = session.BytesReceived, instructions = session.Instructions, frames = session.Frames,
                        keysSent = session.KeysSent, pointerMoves = session.PointerMoves,
                    },
                    $"session   {opened.SessionId}",
                    $"ended     {ended.Reason}",
                    $"received  {session.BytesReceived} bytes, {session.Instructions} instructions, {session.Frames} frames",
                    $"sent      {session.KeysSent} keys, {session.PointerMoves} pointer moves");
                return ended.Reason == SessionEndReason.ClientLeft ? ExitCode.Done : ExitCode.Failed;
            });
    }
}
