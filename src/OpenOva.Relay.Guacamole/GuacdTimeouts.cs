namespace OpenOva.Relay.Guacamole;

/// <summary>How long a <see cref="GuacdConnection"/> waits. All but <see cref="Restart"/> must be positive.</summary>
public sealed record GuacdTimeouts
{
    /// <summary>The defaults.</summary>
    public static GuacdTimeouts Default { get; } = new();

    /// <summary>Name resolution, TCP and TLS together. 5 s: guacd stands beside Relay, so longer means that it is gone.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a refused connection is tried again, within <see cref="Connect"/>. 2 s: guacd runs under a supervisor that starts it again at once when it has
    /// died, and whoever opens a session then had better wait a moment than fail. Zero: not at all.
    /// </summary>
    public TimeSpan Restart { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// From <c>select</c> to <c>args</c>. 10 s: guacd forks and loads the plugin first (measured: RDP 0.22 s), and says nothing at all
    /// when it has none, so this is what a user waits for a protocol that is not installed.
    /// </summary>
    public TimeSpan Args { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From <c>connect</c> to <c>ready</c>. 15 s: guacd's own GUACD_TIMEOUT (proc.h) for each step of the handshake.</summary>
    public TimeSpan Ready { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Silence towards guacd after which a <c>nop</c> is sent. 5 s: what guacamole-common-js uses, a third of the 15 s (GUACD_TIMEOUT)
    /// after which guacd drops a silent user.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// From our <c>disconnect</c> to guacd's. 5 s: guacd's GUACD_CLIENT_FREE_TIMEOUT (proc.h), after which it kills the process.
    /// </summary>
    public TimeSpan Disconnect { get; init; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Connect, TimeSpan.Zero, nameof(Connect));
        ArgumentOutOfRangeException.ThrowIfLessThan(Restart, TimeSpan.Zero, nameof(Restart));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Args, TimeSpan.Zero, nameof(Args));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Ready, TimeSpan.Zero, nameof(Ready));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(KeepAlive, TimeSpan.Zero, nameof(KeepAlive));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Disconnect, TimeSpan.Zero, nameof(Disconnect));
    }
}
