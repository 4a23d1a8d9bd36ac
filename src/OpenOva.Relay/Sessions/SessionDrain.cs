using OpenOva.Relay.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// What happens to sessions when the process is told to stop: no more are taken, those that live are told and go on for the grace, then they are ended; and the
/// process waits until what they recorded is sealed, or the time for stopping is over: the spool keeps the rest for the next start.
/// </summary>
internal sealed class SessionDrain(
    LiveSessions live, SessionFinisher finisher, SessionsOptions options, WebOptions web, IHostApplicationLifetime lifetime, TimeProvider time) : IHostedService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private Task _ending = Task.CompletedTask;

    /// <summary>What the grace leaves of the time for stopping: to drain guacd, seal and put.</summary>
    public static TimeSpan Reserve { get; } = TimeSpan.FromSeconds(10);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the server stops, which waits for open calls: a session is one.
        lifetime.ApplicationStopping.Register(() => _ending = EndAsync());
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while ((!_ending.IsCompleted || live.Count > 0 || finisher.Open > 0) && !cancellationToken.IsCancellationRequested)
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task EndAsync()
    {
        live.Close();
        var grace = options.ShutdownGrace < web.StopTimeout - Reserve ? options.ShutdownGrace : web.StopTimeout - Reserve;
        if (grace > TimeSpan.Zero && live.Count > 0)
        {
            var began = time.GetTimestamp();
            live.NotifyAll(new SessionNotice(TunnelNoticeKind.Shutdown, (time.GetUtcNow() + grace).ToUnixMicroseconds()));
            while (live.Count > 0 && time.GetElapsedTime(began) < grace) await Task.Delay(Look, time);
        }

        live.EndAll(SessionOutcome.Of(SessionEndReason.ReplicaShutdown, ErrorReason.ReplicaLost), forGood: true);
    }
}
