using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Joins;

/// <summary>Somebody who watches a session over gRPC.</summary>
internal sealed class WatcherClient : IAsyncDisposable
{
    private readonly AsyncServerStreamingCall<SessionServiceJoinResponse> _call;
    private readonly TaskCompletionSource<JoinStarted> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _received = new();
    private readonly Task _reading;

    private WatcherClient(AsyncServerStreamingCall<SessionServiceJoinResponse> call, bool reads)
    {
        _call = call;
        _reading = reads ? ReadAsync() : Task.CompletedTask;
    }

    /// <summary>Fails with what the service answered instead.</summary>
    public Task<JoinStarted> Started => _started.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public Task Finished => _reading.WaitAsync(TimeSpan.FromSeconds(60));

    public JoinEnded? Ended { get; private set; }

    public byte[] Received
    {
        get
        {
            lock (_received) return _received.ToArray();
        }
    }

    public string Text => System.Text.Encoding.UTF8.GetString(Received);

    public static async Task<WatcherClient> JoinAsync(RelayCallers relay, string session, string person = "sofia", string purpose = "a suspicion", bool reads = true) =>
        new(relay.Sessions.Join(new() { SessionId = session, Purpose = purpose }, await relay.AsAsync(person, throughGateway: false)), reads);

    /// <summary>Why it was refused.</summary>
    public static async Task<(string Reason, string Replica)> RefusedAsync(RelayCallers relay, string session, string person = "sofia", string purpose = "a suspicion")
    {
        await using var watcher = await JoinAsync(relay, session, person, purpose);
        var details = (await Assert.ThrowsAsync<RpcException>(() => watcher.Started)).Trailers.GetValueBytes("grpc-status-details-bin");
        var info = Google.Rpc.Status.Parser.ParseFrom(details).Details[0].Unpack<Google.Rpc.ErrorInfo>();
        return (info.Reason, info.Metadata.TryGetValue("replica", out var replica) ? replica : "");
    }

    public void Leave() => _call.Dispose();

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await Finished;
        await _received.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var response in _call.ResponseStream.ReadAllAsync())
            {
                if (response.MessageCase == SessionServiceJoinResponse.MessageOneofCase.Started) _started.TrySetResult(response.Started);
                else if (response.MessageCase == SessionServiceJoinResponse.MessageOneofCase.Ended) Ended = response.Ended;
                else lock (_received) _received.Write(response.Data.Span);
            }
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException or IOException)
        {
            _started.TrySetException(exception);
        }
        finally
        {
            _started.TrySetCanceled();
        }
    }
}
