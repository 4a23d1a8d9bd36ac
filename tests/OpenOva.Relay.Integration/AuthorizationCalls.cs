using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>How a call came out, as far as authorization goes.</summary>
internal enum CallOutcome
{
    /// <summary>The call was made: whatever it answered, nobody was turned away.</summary>
    Allowed,
    Denied,
    Unauthenticated,
}

/// <summary>All that a caller is told when he is turned away.</summary>
internal sealed record CallAnswer(CallOutcome Outcome, StatusCode Code, string Message, string Details);

/// <summary>Makes each RPC of the contract once, on an object.</summary>
internal static class AuthorizationCalls
{
    public const string Unknown = "0198c0de-0000-7000-8000-000000000000";

    private static readonly Dictionary<string, Func<RelayUnderTest, Metadata, string, Task>> Calls = new()
    {
        ["ConnectionService/List"] = async (relay, headers, _) => await relay.Connections.ListAsync(new(), headers),
        ["ConnectionService/Get"] = async (relay, headers, name) => await relay.Connections.GetAsync(new() { Name = name }, headers),
        ["AccessService/Request"] = async (relay, headers, name) => await relay.Access.RequestAsync(new() { Connection = name, Reason = "matrix", UntilUs = 1 }, headers),
        ["AccessService/Decide"] = async (relay, headers, request) =>
            await relay.Access.DecideAsync(new() { RequestId = request, Verdict = AccessRequestVerdict.Approve }, headers),
        ["AccessService/Revoke"] = async (relay, headers, request) => await relay.Access.RevokeAsync(new() { RequestId = request, Reason = "matrix" }, headers),
        ["AccessService/Get"] = async (relay, headers, request) => await relay.Access.GetAsync(new() { RequestId = request }, headers),
        ["AccessService/List"] = async (relay, headers, _) => await relay.Access.ListAsync(new(), headers),
        ["AccessService/Watch"] = (relay, headers, _) => WatchAsync(patience => relay.Access.Watch(new(), headers, cancellationToken: patience).ResponseStream.MoveNext(patience)),
        ["AccessService/ListReviews"] = async (relay, headers, _) => await relay.Access.ListReviewsAsync(new(), headers),
        ["AccessService/Review"] = async (relay, headers, session) =>
            await relay.Access.ReviewAsync(new() { SessionId = session, Outcome = ReviewOutcome.Accepted, Comment = "matrix" }, headers),
        ["AccessService/ConfirmRotation"] = async (relay, headers, session) => await relay.Access.ConfirmRotationAsync(new() { SessionId = session }, headers),
        ["SessionService/Open"] = async (relay, headers, name) => await relay.Sessions.OpenAsync(new() { Connection = name }, headers),
        ["SessionService/Tunnel"] = TunnelAsync,
        ["SessionService/Get"] = async (relay, headers, session) => await relay.Sessions.GetAsync(new() { SessionId = session }, headers),
        ["SessionService/Terminate"] = async (relay, headers, session) => await relay.Sessions.TerminateAsync(new() { SessionId = session, Purpose = "matrix" }, headers),
        ["SessionService/Lock"] = async (relay, headers, session) => await relay.Sessions.LockAsync(new() { SessionId = session, Locked = true, Purpose = "matrix" }, headers),
        ["SessionService/List"] = async (relay, headers, _) => await relay.Sessions.ListAsync(new(), headers),
        ["SessionService/Watch"] = (relay, headers, _) => WatchAsync(patience => relay.Sessions.Watch(new(), headers, cancellationToken: patience).ResponseStream.MoveNext(patience)),
        ["SessionService/Join"] = async (relay, headers, session) =>
        {
            using var call = relay.Sessions.Join(new() { SessionId = session, Purpose = "matrix" }, headers);
            await call.ResponseStream.MoveNext(CancellationToken.None);
        },
        ["RecordingService/Get"] = async (relay, headers, session) => await relay.Recordings.GetAsync(new() { SessionId = session, Purpose = "matrix" }, headers),
        ["RecordingService/Stream"] = StreamAsync,
        ["RecordingService/Verify"] = async (relay, headers, session) => await relay.Recordings.VerifyAsync(new() { SessionId = session, Purpose = "matrix" }, headers),
        ["LedgerService/GetCheckpoint"] = async (relay, headers, _) => await relay.Ledger.GetCheckpointAsync(new(), headers),
        ["LedgerService/GetInclusionProof"] = async (relay, headers, _) => await relay.Ledger.GetInclusionProofAsync(new() { TreeSize = 1 }, headers),
        ["LedgerService/GetConsistencyProof"] = async (relay, headers, _) => await relay.Ledger.GetConsistencyProofAsync(new() { FirstSize = 1, SecondSize = 1 }, headers),
        ["LedgerService/Tail"] = async (relay, headers, _) =>
        {
            using var call = relay.Ledger.Tail(new(), headers);
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        },
        ["ReportService/ListFrameworks"] = async (relay, headers, _) => await Reports(relay).ListFrameworksAsync(new(), headers),
        ["ReportService/Create"] = async (relay, headers, _) => await Reports(relay).CreateAsync(Report, headers),
        ["ReportService/List"] = async (relay, headers, _) => await Reports(relay).ListAsync(new(), headers),
        ["ReportService/Get"] = async (relay, headers, report) => await Reports(relay).GetAsync(new() { ReportId = report }, headers),
        ["ReportService/Watch"] = async (relay, headers, report) =>
        {
            using var call = Reports(relay).Watch(new() { ReportId = report }, headers);
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        },
        ["ReportService/Download"] = async (relay, headers, report) =>
        {
            using var call = Reports(relay).Download(new() { ReportId = report, Purpose = "matrix" }, headers);
            await call.ResponseStream.MoveNext(CancellationToken.None);
        },
    };

    /// <summary>A report over a period in which nothing happened.</summary>
    public static ReportServiceCreateRequest Report { get; } = new() { Framework = "sox", FromUs = 0, ToUs = 1, RequestId = "matrix" };

    public static ReportService.ReportServiceClient Reports(RelayUnderTest relay) => new(relay.Channel);

    public static bool Knows(string route) => Calls.ContainsKey(Short(route));

    /// <summary>Makes the call and says what came of it.</summary>
    public static async Task<CallAnswer> MakeAsync(RelayUnderTest relay, string route, Metadata headers, string target)
    {
        try
        {
            await Calls[Short(route)](relay, headers, target);
            return new(CallOutcome.Allowed, StatusCode.OK, "", "");
        }
        catch (RpcException exception)
        {
            return Answer(exception);
        }
    }

    public static CallAnswer Answer(RpcException exception)
    {
        var details = exception.Trailers.GetValueBytes("grpc-status-details-bin") ?? [];
        var reason = Reason(details);
        var outcome = reason switch
        {
            "TOKEN_REFUSED" or "GATEWAY_TOKEN_REFUSED" => CallOutcome.Unauthenticated,
            "NOT_PERMITTED" => CallOutcome.Denied,
            _ => CallOutcome.Allowed,
        };

        // A call that breaks was not refused, but it is no answer to a permitted call either.
        Assert.True(exception.StatusCode is not (StatusCode.Internal or StatusCode.Unknown or StatusCode.Unimplemented), $"{exception.Status}");
        return new(outcome, exception.StatusCode, exception.Status.Detail, Convert.ToHexString(details));
    }

    public static string Reason(byte[] details) => details.Length == 0
        ? ""
        : Google.Rpc.Status.Parser.ParseFrom(details).Details[0].Unpack<Google.Rpc.ErrorInfo>().Reason;

    private static string Short(string route) => route[(route.LastIndexOf('.') + 1)..];

    // Whoever may watch waits for what happens; whoever may not is told at once.
    private static async Task WatchAsync(Func<CancellationToken, Task<bool>> next)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        try
        {
            await next(patience.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // Nothing happened.
        }
        finally
        {
            await patience.CancelAsync();
        }
    }

    private static async Task TunnelAsync(RelayUnderTest relay, Metadata headers, string ticket)
    {
        // A ticket that is honoured by mistake must not hold the test up: its session would go on for ever.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var call = relay.Sessions.Tunnel(headers, cancellationToken: patience.Token);
        try
        {
            await call.RequestStream.WriteAsync(new TunnelRequest { Start = new TunnelStart { TunnelTicket = ticket } });
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or IOException)
        {
            // The answer came first; reading tells it.
        }

        while (await call.ResponseStream.MoveNext(patience.Token))
        {
            // To the end, or to the error.
        }
    }

    private static async Task StreamAsync(RelayUnderTest relay, Metadata headers, string session)
    {
        using var call = relay.Recordings.Stream(new() { SessionId = session, Purpose = "matrix", Part = RecordingPart.Index }, headers);
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) Assert.NotEmpty(call.ResponseStream.Current.Data);
    }
}
