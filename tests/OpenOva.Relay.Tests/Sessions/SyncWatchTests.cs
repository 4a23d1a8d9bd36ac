using OpenOva.Relay.Sessions;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class SyncWatchTests
{
    private readonly MonotonicTime _time = new();

    private SyncWatch Watch() => new(_time, TimeSpan.FromSeconds(2));

    [Fact]
    public void Person_WhoAnswersInTime_IsNotBehind()
    {
        var watch = Watch();
        for (var timestamp = 0L; timestamp < 1_000; timestamp++)
        {
            watch.Sent(timestamp);
            _time.Advance(TimeSpan.FromMilliseconds(1_900));
            Assert.False(watch.IsBehind);
            Assert.True(watch.Answered(timestamp));
        }

        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(watch.IsBehind);
    }

    [Fact]
    public void Person_WhoseOldestAnswerIsLate_IsBehindUntilHeHasCaughtUp()
    {
        var watch = Watch();
        watch.Sent(1);
        _time.Advance(TimeSpan.FromSeconds(1.5));
        watch.Sent(2);
        _time.Advance(TimeSpan.FromSeconds(0.6));

        Assert.True(watch.IsBehind);
        Assert.True(watch.Answered(1));
        Assert.False(watch.IsBehind);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(watch.IsBehind);
        Assert.True(watch.Answered(2));
        Assert.False(watch.IsBehind);
    }

    [Fact]
    public void Person_WhoAnswersWhatWasNeverSent_IsToldApart()
    {
        var watch = Watch();
        Assert.False(watch.Answered(0));
        watch.Sent(10);

        Assert.False(watch.Answered(11));
        Assert.True(watch.Answered(10));
        Assert.True(watch.Answered(10));
        Assert.Equal(10, watch.Last);
    }

    [Fact]
    public void Person_WhoNeverAnswers_IsBehindHoweverManyFramesCome()
    {
        var watch = Watch();
        for (var timestamp = 0L; timestamp < 10_000; timestamp++)
        {
            watch.Sent(timestamp);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.True(watch.IsBehind);
        Assert.True(watch.Answered(9_998));
        Assert.True(watch.IsBehind);
        Assert.True(watch.Answered(9_999));
        Assert.False(watch.IsBehind);
    }

    [Fact]
    public void Guacd_IsTold_EachTimestampOnceAndNeverAnOlderOne()
    {
        var watch = Watch();

        Assert.Equal(5, watch.NextForGuacd(5));
        Assert.Null(watch.NextForGuacd(5));
        Assert.Null(watch.NextForGuacd(4));
        Assert.Equal(6, watch.NextForGuacd(6));
    }

    private sealed class MonotonicTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
