using OpenOva.Relay.Sessions;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class UserQueueTests
{
    [Fact]
    public async Task Queue_Written_IsWholeAndInOrder()
    {
        var queue = new UserQueue(1 << 20);
        var link = new CollectingLink();
        var added = new List<byte>();
        for (var i = 0; i < 1_000; i++)
        {
            var piece = Enumerable.Repeat((byte)i, i % 37).ToArray();
            added.AddRange(piece);
            Assert.True(queue.TryAdd(piece));
        }

        queue.Complete();
        await queue.WriteToAsync(link, TestContext.Current.CancellationToken);

        Assert.Equal(added, link.Written);
    }

    [Fact]
    public async Task Queue_Full_RefusesUntilItWasRead()
    {
        var queue = new UserQueue(100);
        var link = new CollectingLink { Gate = new SemaphoreSlim(0) };
        Assert.True(queue.TryAdd(new byte[60]));
        Assert.False(queue.TryAdd(new byte[41]));
        Assert.True(queue.TryAdd(new byte[40]));
        Assert.True(queue.TryAdd([]));
        Assert.False(queue.TryAdd(new byte[1]));

        var writing = queue.WriteToAsync(link, TestContext.Current.CancellationToken);
        link.Gate.Release(2);
        await link.Seen(100).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        // The second piece's room is free once its write has returned.
        while (!queue.TryAdd(new byte[100])) await Task.Yield();
        link.Gate.Release();
        queue.Complete();
        await writing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(200, link.Written.Count);
    }

    [Fact]
    public async Task Link_ThatBreaks_EndsTheWriting()
    {
        var queue = new UserQueue(100);
        queue.TryAdd(new byte[10]);

        await Assert.ThrowsAsync<IOException>(() => queue.WriteToAsync(new CollectingLink { Broken = true }, TestContext.Current.CancellationToken));
    }

    private sealed class CollectingLink : IUserLink
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _awaited = int.MaxValue;

        public SemaphoreSlim? Gate { get; init; }

        public bool Broken { get; init; }

        public List<byte> Written { get; } = [];

        public Task Seen(int bytes)
        {
            lock (Written)
            {
                _awaited = bytes;
                if (Written.Count >= bytes) _seen.TrySetResult();
            }

            return _seen.Task;
        }

        public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) => ValueTask.FromResult(ReadOnlyMemory<byte>.Empty);

        public ValueTask<bool> NoticeAsync(SessionNotice notice, CancellationToken cancellation) => ValueTask.FromResult(true);

        public ValueTask StartedAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> instructions, CancellationToken cancellation)
        {
            if (Broken) throw new IOException("gone");
            if (Gate is not null) await Gate.WaitAsync(cancellation);
            lock (Written)
            {
                Written.AddRange(instructions.Span);
                if (Written.Count >= _awaited) _seen.TrySetResult();
            }
        }
    }
}
