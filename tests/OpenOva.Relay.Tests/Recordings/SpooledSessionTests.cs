using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Tests.Recordings;

[Trait("Kind", "Fast")]
public sealed class SpooledSessionTests
{
    [Fact]
    public void Positions_OverManyFiles_ComeBackInOrder()
    {
        var random = new Random(4711);
        var added = new List<SpoolPosition>();
        var session = new SpooledSession(Guid.NewGuid());
        var (file, offset) = (0L, 0L);
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(50) == 0) (file, offset) = (file + random.Next(1, 3_000_000), random.Next(2) == 0 ? 0 : random.NextInt64(1L << 40));
            added.Add(new(file, offset));
            session.Add(added[^1]);
            offset += random.Next(1, 1 << random.Next(1, 22));
        }

        Assert.Equal((ulong)added.Count, session.Count);
        Assert.Equal(added, session.All());
        Assert.Equal(added.Skip(777).Take(1_000), session.Range(777, 1_000));
        Assert.Empty(session.Range(20_000, 5));
    }

    [Fact]
    public void Positions_OfABusyDay_TakeAFewBytesEach()
    {
        var session = new SpooledSession(Guid.NewGuid());
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0L; i < 100_000; i++) session.Add(new(1 + i / 50_000, i % 50_000 * 700));
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(100_000u, session.Count);
        // What was allocated while it grew, which is about twice what is kept.
        Assert.InRange(bytes, 0, 1_500_000);
        Assert.Equal(new SpoolPosition(2, 49_999 * 700), session.All().Last());
    }

    [Fact]
    public async Task Positions_ReadWhileOthersAreAdded_AreAPrefix()
    {
        var session = new SpooledSession(Guid.NewGuid());
        var adding = Task.Run(() =>
        {
            for (var i = 0L; i < 50_000; i++) session.Add(new(1, i * 3));
        });
        while (!adding.IsCompleted)
        {
            var seen = session.All().ToArray();
            Assert.True(seen.Length == 0 || seen[^1] == new SpoolPosition(1, (seen.Length - 1) * 3L));
        }

        await adding;
    }
}
