using System.Diagnostics;
using Google.Rpc;
using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A session that never drew a frame: told so by a typed error in its time, to the caller and in the ledger.</summary>
internal static class FailedOpening
{
    /// <summary>Opens the connection and returns what the caller was told.</summary>
    public static async Task<ErrorInfo> OfAsync(RelaySetup setup, ErrorReason expected, int withinSeconds, string connection = "ssh-db")
    {
        await using var relay = await RelayUnderTest.StartAsync(setup);
        return await OfAsync(relay, expected, withinSeconds, connection);
    }

    /// <summary>The same of a service that runs; nobody else opens sessions meanwhile.</summary>
    public static async Task<ErrorInfo> OfAsync(RelayUnderTest relay, ErrorReason expected, int withinSeconds, string connection = "ssh-db")
    {
        var started = Stopwatch.GetTimestamp();
        await using var tunnel = await TunnelClient.OpenAsync(relay, connection: connection);

        var refused = await Assert.ThrowsAnyAsync<RpcException>(() => tunnel.Finished);

        Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds < withinSeconds, $"took {Stopwatch.GetElapsedTime(started)}");
        var told = Google.Rpc.Status.Parser.ParseFrom(refused.Trailers.GetValueBytes("grpc-status-details-bin")).Details.Single().Unpack<ErrorInfo>();
        Assert.Equal(Web.ErrorTable.Of(expected).Name, told.Reason);
        Assert.Equal(Web.ErrorTable.Of(expected).GrpcCode, refused.StatusCode);
        Assert.Empty(tunnel.Received);
        var listed = (await relay.Sessions.ListAsync(new(), await relay.AsAsync("anton"))).Sessions[0];
        var session = await relay.WaitForAsync(listed.SessionId, SessionState.Verified);
        Assert.Equal(Web.ErrorTable.Of(expected).Name, session.FailureReason);
        Assert.Equal(SessionEndReason.ConnectFailed, session.EndReason);
        var ended = (await LedgerLeaves.OfSessionAsync(relay, session.SessionId)).Single(l => l.Type == "session.ended");
        Assert.Equal(Web.ErrorTable.Of(expected).Name, ended.Data.String("failure"));
        return told;
    }
}
