using System.Buffers;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Joins;

/// <summary>
/// One more, read-only user of a session's guacd connection. guacd is drained and answered here, however slowly the watcher reads: guacd paces all users by the
/// slowest, and the session's person must not feel that he is watched. Of what guacd draws the watcher gets what a recording holds, and nothing he sends gets to
/// guacd. The first cause to end it wins, and closes guacd's socket before anything else, since guacd keeps a session alive while anybody is on it.
/// </summary>
internal sealed class SessionJoin(string id, int queueBytes, TimeProvider time) : IDisposable
{
    private const int LookMs = 500;
    private const int DeliverAtBytes = 64 * 1024;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<JoinEndReason> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _connecting = new();
    private readonly UserQueue _queue = new(queueBytes);
    private readonly InstructionParser _parser = new();
    private readonly InstructionClassifier _classifier = new();
    private readonly ArrayBufferWriter<byte> _delivery = new(16 * 1024);
    private int _isAnswering;
    private long _bytes;

    public string Id { get; } = id;

    /// <summary>What was shown.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The session's person may know of it; set under the session's own lock.</summary>
    public bool IsShown { get; set; }

    /// <summary>guacd's socket is closed, or never was.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Gives up connecting.</summary>
    public CancellationToken Connecting => _connecting.Token;

    /// <summary>It has no socket of guacd's any more, or never had one.</summary>
    public void Gone() => _closed.TrySetResult();

    /// <summary>Ends it. The first cause wins.</summary>
    public void End(JoinEndReason reason)
    {
        if (_ending.TrySetResult(reason)) _ = _connecting.CancelAsync();
    }

    /// <summary>Why it ended while it was being connected; null: nobody ended it.</summary>
    public JoinEndReason? Ended => _ending.Task.IsCompletedSuccessfully ? _ending.Task.GetAwaiter().GetResult() : null;

    /// <summary>Shows the session until something ends it.</summary>
    /// <param name="guacd">After its handshake; closed here.</param>
    /// <param name="link">The watcher's end.</param>
    /// <param name="look">Asked twice a second for a reason to end it; null: none.</param>
    public async Task<JoinOutcome> RunAsync(GuacdConnection guacd, IUserLink link, Func<JoinEndReason?> look)
    {
        using var stop = new CancellationTokenSource();
        var counted = new CountedLink(link, bytes => Interlocked.Add(ref _bytes, bytes));
        var draining = GuardAsync(token => DrainAsync(guacd, token), JoinEndReason.GuacdLost, stop.Token);
        var showing = GuardAsync(token => ShowAsync(counted, token), JoinEndReason.WatcherLeft, stop.Token);
        Task[] others =
        [
            GuardAsync(token => UntilLeftAsync(link, token), JoinEndReason.WatcherLeft, stop.Token),
            GuardAsync(token => LookAsync(look, token), JoinEndReason.GuacdLost, stop.Token),
            GuardAsync(guacd.KeepAliveAsync, JoinEndReason.GuacdLost, stop.Token),
        ];

        var reason = await _ending.Task;
        await guacd.DisposeAsync();
        Gone();
        if (reason is not (JoinEndReason.WatcherLeft or JoinEndReason.ReaderTooSlow))
        {
            await draining;
            _queue.Complete();
            await Task.WhenAny(showing, Task.Delay(Farewell, time));
        }

        await stop.CancelAsync();
        await Task.WhenAll([draining, showing, .. others]);
        return new JoinOutcome(reason);
    }

    public void Dispose() => _connecting.Dispose();

    private async Task GuardAsync(Func<CancellationToken, Task> loop, JoinEndReason ifItBreaks, CancellationToken cancellation)
    {
        try
        {
            await Task.Yield();
            await loop(cancellation);
        }
        catch (Exception)
        {
            // Whatever broke, the watcher is no part of the session: he may join again. Where the join is over already this says nothing new.
            End(ifItBreaks);
        }
    }

    private async Task DrainAsync(GuacdConnection guacd, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await guacd.Input.ReadAsync(cancellation);
            var buffer = read.Buffer;
            while (Take(ref buffer, guacd, cancellation))
            {
                // More of it waits.
            }

            guacd.Input.AdvanceTo(buffer.Start, buffer.End);
            if (!read.IsCompleted && !_ending.Task.IsCompleted) continue;
            End(JoinEndReason.GuacdLost);
            return;
        }
    }

    // True: a message is full, and more may follow.
    private bool Take(ref ReadOnlySequence<byte> buffer, GuacdConnection guacd, CancellationToken cancellation)
    {
        long? sync = null;
        while (_delivery.WrittenCount < DeliverAtBytes && _parser.TryRead(ref buffer, out var instruction))
        {
            var c = _classifier.Classify(instruction);
            if (c is InstructionClass.Error or InstructionClass.Disconnect) End(JoinEndReason.GuacdLost);
            else if (c.IsRecorded() || c == InstructionClass.Nop) _delivery.Write(instruction.Raw);
            if (c == InstructionClass.Sync && instruction.TryGetInt64(1, out var timestamp)) sync = timestamp;
        }

        var more = _delivery.WrittenCount >= DeliverAtBytes;
        if (!_queue.TryAdd(_delivery.WrittenSpan)) End(JoinEndReason.ReaderTooSlow);
        _delivery.ResetWrittenCount();
        if (sync is { } answer && Interlocked.Exchange(ref _isAnswering, 1) == 0) _ = AnswerAsync(guacd, answer, cancellation);
        return more;
    }

    // One at a time and never waited for: the next answer covers one that was left out.
    private async Task AnswerAsync(GuacdConnection guacd, long timestamp, CancellationToken cancellation)
    {
        await GuardAsync(token => guacd.AnswerSyncAsync(timestamp, token).AsTask(), JoinEndReason.GuacdLost, cancellation);
        Volatile.Write(ref _isAnswering, 0);
    }

    private async Task ShowAsync(IUserLink link, CancellationToken cancellation)
    {
        await link.StartedAsync(cancellation);
        await _queue.WriteToAsync(link, cancellation);
    }

    private async Task UntilLeftAsync(IUserLink link, CancellationToken cancellation)
    {
        while (!(await link.ReadAsync(cancellation)).IsEmpty)
        {
            // Whatever he sends, he only watches.
        }

        End(JoinEndReason.WatcherLeft);
    }

    private async Task LookAsync(Func<JoinEndReason?> look, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(LookMs), time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (look() is { } reason) End(reason);
        }
    }

    private sealed class CountedLink(IUserLink link, Action<int> written) : IUserLink
    {
        public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) => link.ReadAsync(cancellation);

        public ValueTask StartedAsync(CancellationToken cancellation) => link.StartedAsync(cancellation);

        public ValueTask<bool> NoticeAsync(SessionNotice notice, CancellationToken cancellation) => link.NoticeAsync(notice, cancellation);

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> instructions, CancellationToken cancellation)
        {
            await link.WriteAsync(instructions, cancellation);
            written(instructions.Length);
        }
    }
}
