using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.Telemetry;

[Trait("Kind", "Fast")]
public sealed class ReadinessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Probe_ThatDecidesNothing_IsAnOutageAlone()
    {
        var readiness = new Readiness([new Probe("database", works: true), new Probe("guacd", works: false, decides: false)], [], NullLogger<Readiness>.Instance);

        Assert.Equal([new("database", true)], await readiness.CheckAsync(Cancellation));
        Assert.Equal([new("database", true), new("guacd", false)], await readiness.CheckAllAsync(Cancellation));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Probes_OfOneName_AreOneComponentThatWorksWhereBothDo(bool one, bool other)
    {
        var readiness = new Readiness([new Probe("objects", one), new Probe("objects", other, decides: false)], [], NullLogger<Readiness>.Instance);

        Assert.Equal([new("objects", one)], await readiness.CheckAsync(Cancellation));
        Assert.Equal([new("objects", false)], await readiness.CheckAllAsync(Cancellation));
    }

    private sealed class Probe(string name, bool works, bool decides = true) : IReadinessProbe
    {
        public string Name => name;

        public bool Decides => decides;

        public Task CheckAsync(CancellationToken cancellation) => works ? Task.CompletedTask : Task.FromException(new IOException("away"));
    }
}
