namespace OpenOva.Relay.Sessions;

/// <summary>The person's end of a tunnel, whichever door it came through: a gRPC stream, a WebSocket, a stock Guacamole.</summary>
internal interface IUserLink
{
    /// <summary>The next bytes; empty when the person has left.</summary>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation);

    /// <summary>The first frame is there: output follows.</summary>
    ValueTask StartedAsync(CancellationToken cancellation);

    /// <summary>Tells the person something, beside the output: to be called at any time, and waits where he reads slowly. False: his client takes no notices.</summary>
    ValueTask<bool> NoticeAsync(SessionNotice notice, CancellationToken cancellation);

    /// <summary>Whole instructions. May take as long as the person reads slowly.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> instructions, CancellationToken cancellation);
}
