using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.Telemetry;

[Trait("Kind", "Fast")]
public sealed class RepeatedWorkTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly RelayMetrics _metrics = new();
    private readonly KeptLog _log = new();
    private readonly CancellationTokenSource _stopping = new();

    private RepeatedWork Work => new(_metrics, TimeProvider.System, _log);

    public void Dispose()
    {
        _stopping.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Rounds_ThatFailOrAreCutOff_CountedLoggedOnceAndFollowedByMore()
    {
        var counted = 0L;
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (ReferenceEquals(instrument, _metrics.RoundsFailed)) l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref counted, value));
        listener.Start();
        var rounds = 0;
        var reached = new TaskCompletionSource();

        var running = Work.RunAsync(
            "test",
            TimeSpan.FromMilliseconds(1),
            _ =>
            {
                rounds++;
                if (rounds == 1) throw new InvalidOperationException("a defect");
                // A time limit's: nobody stops the host.
                if (rounds == 2) throw new TaskCanceledException("too slow");
                if (rounds == 5) reached.TrySetResult();
                return Task.CompletedTask;
            },
            _stopping.Token);
        await reached.Task.WaitAsync(Patience);
        await _stopping.CancelAsync();
        await running.WaitAsync(Patience);

        Assert.Equal(2, Interlocked.Read(ref counted));
        Assert.Equal([LogLevel.Error, LogLevel.Information], _log.Levels);
    }

    [Fact]
    public async Task UntilDone_FailsAtFirst_DoneOnce()
    {
        var tries = 0;

        await Work.UntilDoneAsync("test", TimeSpan.FromMilliseconds(1), _ => ++tries < 3 ? throw new IOException("not yet") : Task.CompletedTask, _stopping.Token).WaitAsync(Patience);

        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task Stop_InsideARound_EndsWithoutFailure()
    {
        var running = Work.RunAsync("test", TimeSpan.FromMilliseconds(1), cancellation => Task.Delay(Timeout.Infinite, cancellation), _stopping.Token);
        await _stopping.CancelAsync();

        await running.WaitAsync(Patience);

        Assert.Empty(_log.Levels);
    }

    private sealed class KeptLog : ILogger<RepeatedWork>
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Levels.Add(logLevel);
    }
}
