using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.Telemetry;

[Trait("Kind", "Fast")]
public sealed class OutagesTests
{
    private readonly Outages _outages = new();

    [Fact]
    public void Check_FailingOnce_IsNoOutage()
    {
        Assert.Empty(Observe(10, ("bus", false)));
        Assert.Empty(Observe(20, ("bus", true)));
        Assert.Empty(Observe(30, ("bus", false)));
        Assert.Empty(Observe(40, ("bus", true)));
    }

    [Fact]
    public void Check_FailingTwice_IsAnOutageFromTheFirstOnUntilItWorks()
    {
        Assert.Empty(Observe(10, ("bus", false), ("objects", true)));
        Assert.Equal([new Outage("bus", 10, null)], Observe(20, ("bus", false), ("objects", false)));
        Assert.Equal([new Outage("objects", 20, null)], Observe(30, ("bus", false), ("objects", false)));
        Assert.Equal([new Outage("bus", 10, 40)], Observe(40, ("bus", true), ("objects", false)));
        Assert.Equal([new Outage("objects", 20, 50)], Observe(50, ("bus", true), ("objects", true)));
        Assert.Empty(Observe(60, ("bus", true), ("objects", true)));
    }

    private IReadOnlyList<Outage> Observe(long nowUs, params (string Component, bool Works)[] found) =>
        _outages.Observe(found.Select(f => KeyValuePair.Create(f.Component, f.Works)), nowUs);
}
