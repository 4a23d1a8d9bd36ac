using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Joins;

/// <summary>A watcher's end as a server stream: he leaves by giving up the call.</summary>
internal sealed class GrpcJoinLink(JoinRow join, IServerStreamWriter<SessionServiceJoinResponse> responses, CancellationToken left) : IUserLink
{
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left, cancellation);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        return ReadOnlyMemory<byte>.Empty;
    }

    public async ValueTask StartedAsync(CancellationToken cancellation) =>
        await responses.WriteAsync(new() { Started = new JoinStarted { JoinId = join.Id, UntilUs = join.UntilUs } }, cancellation);

    public ValueTask<bool> NoticeAsync(SessionNotice notice, CancellationToken cancellation) => ValueTask.FromResult(false);

    // Copied: the buffer goes back to its pool while the transport may still hold the message.
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> instructions, CancellationToken cancellation) =>
        await responses.WriteAsync(new() { Data = ByteString.CopyFrom(instructions.Span) }, cancellation);
}
