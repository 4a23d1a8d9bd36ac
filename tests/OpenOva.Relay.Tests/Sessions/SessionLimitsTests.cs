using OpenOva.Relay.Database;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class SessionLimitsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void End_Known_IsAnnouncedOnceAndComesInTime()
    {
        var until = _time.GetUnixMicroseconds() + 300_000_000;
        var limits = new SessionLimits(until, null, TimeSpan.Zero, _time);

        Assert.Equal(default, limits.Look());
        _time.Advance(TimeSpan.FromSeconds(241));
        Assert.Equal(new SessionNotice(TunnelNoticeKind.TimeOver, until), limits.Look().Notice);
        Assert.Equal(default, limits.Look());
        _time.Advance(TimeSpan.FromSeconds(58.999));
        Assert.Equal(default, limits.Look());
        _time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(SessionEndReason.TimeOver, limits.Look().End!.Reason);
    }

    [Theory]
    [InlineData(-3_600)]
    [InlineData(3_600)]
    public void End_Known_IsNotMovedBySettingTheClock(int seconds)
    {
        var limits = new SessionLimits(_time.GetUnixMicroseconds() + 120_000_000, null, TimeSpan.Zero, _time);

        _time.StepWallClock(TimeSpan.FromSeconds(seconds));
        Assert.Equal(default, limits.Look());
        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.Null(limits.Look().End);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(limits.Look().End);
    }

    [Fact]
    public void End_Extended_IsAnnouncedAnew()
    {
        var limits = new SessionLimits(_time.GetUnixMicroseconds() + 30_000_000, null, TimeSpan.Zero, _time);
        Assert.NotNull(limits.Look().Notice);

        limits.Extend(_time.GetUnixMicroseconds() + 90_000_000);

        Assert.Equal(default, limits.Look());
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.NotNull(limits.Look().Notice);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(limits.Look().End);
    }

    [Fact]
    public void Idle_PersonIsWarnedAndCutUnlessHeDoesSomething()
    {
        var limits = new SessionLimits(null, TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(60), _time);

        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal(TunnelNoticeKind.Idle, limits.Look().Notice!.Kind);
        Assert.Equal(default, limits.Look());
        limits.Input();
        _time.Advance(TimeSpan.FromMinutes(13.9));
        Assert.Equal(default, limits.Look());
        _time.Advance(TimeSpan.FromMinutes(0.2));
        Assert.Equal(TunnelNoticeKind.Idle, limits.Look().Notice!.Kind);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(SessionEndReason.Idle, limits.Look().End!.Reason);
    }

    [Fact]
    public void Idle_WarnedAsLongBeforeAsTheLimitIs_DoesNotWarnWhoIsBusy()
    {
        var limits = new SessionLimits(null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), _time);

        for (var i = 0; i < 100; i++)
        {
            limits.Input();
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(default, limits.Look());
        }

        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.NotNull(limits.Look().Notice);
    }

    [Fact]
    public void Limits_None_NeverEnd()
    {
        var limits = new SessionLimits(null, null, TimeSpan.Zero, _time);

        _time.Advance(TimeSpan.FromDays(30));

        Assert.Equal(default, limits.Look());
    }
}
