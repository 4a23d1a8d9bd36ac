using OpenOva.Relay.Ledger;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class EventIdsTests
{
    [Fact]
    public void Ids_WhateverTheClockDoes_RiseAndAreVersion7()
    {
        var time = new ManualTime();
        var ids = new EventIds(time);
        var made = new List<string>();
        for (var i = 0; i < 10_000; i++)
        {
            // It stands, steps, and is set back.
            if (i % 1_000 == 999) time.Advance(TimeSpan.FromMilliseconds(i % 2_000 == 999 ? 3 : -50));
            made.Add(ids.Next());
        }

        Assert.Equal(made.Distinct().Order(StringComparer.Ordinal), made);
        Assert.All(made, id => Assert.Equal((7, id.ToLowerInvariant()), (Guid.ParseExact(id, "D").Version, id)));
    }

    [Fact]
    public void Ids_MadeByManyThreads_AreEachUnique()
    {
        var ids = new EventIds(TimeProvider.System);

        var made = Enumerable.Range(0, 20_000).AsParallel().Select(_ => ids.Next()).ToArray();

        Assert.Equal(made.Length, made.Distinct().Count());
    }
}
