using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Tests.Recordings;

[Trait("Kind", "Fast")]
public sealed class RecordingKeysTests
{
    private const string Session = "0198c0de-0000-7000-8000-000000000001";

    // 2026-03-29T23:59:59.999999Z
    private const long OpenedUs = 1_774_828_799_999_999;

    [Fact]
    public void Keys_OfARecording_AreThoseOfTheConvention()
    {
        var keys = new RecordingKeys("acme", Session, 7, OpenedUs);

        Assert.Equal($"acme/2026/03/29/{Session}/7-{Session}.guac.gz", keys.Object);
        Assert.Equal($"acme/2026/03/29/{Session}/7-{Session}.index.json", keys.Index);
        Assert.Equal($"acme/2026/03/29/{Session}/7-{Session}.manifest.jws", keys.Manifest);
        Assert.Equal($"live/acme/2026/03/29/{Session}/", keys.LiveFolder);
        Assert.Equal($"live/acme/2026/03/29/{Session}/7-00000012.seg", keys.LiveSegment(12));
        Assert.StartsWith("acme/2026/03/30/", (keys with { OpenedUs = OpenedUs + 1 }).Object, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_OfAnotherAttempt_AreOthers()
    {
        var first = new RecordingKeys("acme", Session, 7, OpenedUs);
        var second = first with { Attempt = 1 };

        Assert.Equal($"acme/2026/03/29/{Session}/7-{Session}.1.guac.gz", second.Object);
        Assert.Empty(new[] { first.Object, first.Index, first.Manifest }.Intersect([second.Object, second.Index, second.Manifest]));
        Assert.Equal(first.LiveFolder, second.LiveFolder);
    }

    [Fact]
    public void LiveSegments_InTheOrderOfTheirNumbers_SortAsTheirKeys()
    {
        var keys = new RecordingKeys("acme", Session, 7, OpenedUs);
        string[] live = [.. Enumerable.Range(0, 2_000).Select(n => keys.LiveSegment(n))];

        Assert.Equal(live.Order(StringComparer.Ordinal), live);
        Assert.All(live, key => Assert.StartsWith(keys.LiveFolder, key, StringComparison.Ordinal));
    }
}
