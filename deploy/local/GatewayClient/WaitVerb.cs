using System.CommandLine;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.GatewayClient;

/// <summary><c>relay-gateway-client wait</c></summary>
internal static class WaitVerb
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public static Command Create()
    {
        var id = new Option<string>("--session") { Description = "The session's id.", HelpName = "ID", Required = true };
        var most = new Option<int>("--seconds") { Description = "How long to wait.", HelpName = "N", DefaultValueFactory = _ => 60 };
        return GatewayCommandLine.Verb(
            "wait", "Wait until the session's recording is sealed, read back from the store and verified.", [id, most],
            async (api, parsed, answer, cancellation) =>
            {
                var session = await WaitAsync(api, parsed.GetValue(id)!, TimeSpan.FromSeconds(parsed.GetValue(most)), answer, cancellation);
                answer.Write(
                    parsed,
                    new
                    {
                        sessionId = session.SessionId, state = session.State.ToString(), endReason = session.EndReason.ToString(),
                        failureReason = session.FailureReason, recordedBytes = session.RecordedBytes, recovered = session.Recovered,
                    },
                    $"session   {session.SessionId}",
                    $"state     {session.State}{(session.FailureReason.Length > 0 ? $" ({session.FailureReason})" : "")}",
                    $"recorded  {session.RecordedBytes} bytes{(session.Recovered ? ", recovered" : "")}");
                return session.State == SessionState.Verified ? ExitCode.Done : ExitCode.Failed;
            });
    }

    private static async Task<Session> WaitAsync(RelayApi api, string id, TimeSpan most, Answer answer, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        var last = SessionState.Unspecified;
        while (true)
        {
            var request = new SessionServiceGetRequest { SessionId = id };
            var session = (await api.Sessions.GetAsync(request, await api.AsPersonAsync(cancellation), cancellationToken: cancellation)).Session;
            if (session.State != last) answer.Progress($"session {session.State}");
            last = session.State;
            if (last is SessionState.Verified or SessionState.Failed) return session;
            if (TimeProvider.System.GetElapsedTime(began) > most) throw new TimeoutException($"The session is still {last}.");
            await Task.Delay(Pause, cancellation);
        }
    }
}
