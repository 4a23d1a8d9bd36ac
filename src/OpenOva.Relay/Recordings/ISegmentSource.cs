using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Recordings;

/// <summary>Where a recording's segments come from when it is sealed: the replica's own spool, or the live pieces in the store once replica and disk are gone.</summary>
internal interface ISegmentSource
{
    string Organisation { get; }

    Guid Session { get; }

    /// <summary>Yields the segments in their order.</summary>
    /// <param name="serviceKey">Signs what the session's own key did not.</param>
    /// <param name="segment">Receives each: compact header and raw, valid during the call.</param>
    /// <param name="cancellation">Ends the replay.</param>
    Task<ReplayedSession> ReplayAsync(ISigningKey serviceKey, Func<string, ReadOnlyMemory<byte>, Task> segment, CancellationToken cancellation);
}
