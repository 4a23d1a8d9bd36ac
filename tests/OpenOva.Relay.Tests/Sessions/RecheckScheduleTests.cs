using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class RecheckScheduleTests
{
    private readonly ManualTime _time = new();
    private readonly RecheckOptions _options = new() { Interval = TimeSpan.FromSeconds(60), Grace = TimeSpan.FromMinutes(5) };

    [Fact]
    public void Due_NewAccount_IsAskedAfterOneIntervalAndThenEachInterval()
    {
        var schedule = new RecheckSchedule(_options, _time);
        Assert.Empty(schedule.Due(["ada"]));
        Advance(59.9);
        Assert.Empty(schedule.Due(["ada"]));
        Advance(0.1);
        Assert.Equal(["ada"], schedule.Due(["ada"]));

        schedule.Answered("ada");
        Assert.Empty(schedule.Due(["ada"]));
        Advance(60);
        Assert.Equal(["ada"], schedule.Due(["ada"]));
    }

    [Fact]
    public void Due_LongestWaiting_ComesFirst()
    {
        var schedule = new RecheckSchedule(_options, _time);
        schedule.Due(["ada"]);
        Advance(1);
        schedule.Due(["ada", "bob"]);
        Advance(60);

        Assert.Equal(["ada", "bob"], schedule.Due(["bob", "ada"]));
    }

    [Fact]
    public void Unanswered_UntilTheGraceIsOver_GoesOnAndIsAskedSooner()
    {
        var schedule = new RecheckSchedule(_options, _time);
        schedule.Due(["ada"]);
        Advance(60);
        Assert.False(schedule.Unanswered("ada"));
        Assert.Empty(schedule.Due(["ada"]));
        Advance(10);
        Assert.Equal(["ada"], schedule.Due(["ada"]));
        Advance(289.9);
        Assert.False(schedule.Unanswered("ada"));
        Advance(0.1);
        Assert.True(schedule.Unanswered("ada"));
    }

    [Fact]
    public void Unanswered_AnsweredBetween_StartsTheGraceAnew()
    {
        var schedule = new RecheckSchedule(_options, _time);
        schedule.Due(["ada"]);
        schedule.Unanswered("ada");
        Advance(299);
        schedule.Answered("ada");
        Advance(2);

        Assert.False(schedule.Unanswered("ada"));
    }

    [Fact]
    public void Unanswered_SessionsOfBefore_DoNotShortenTheGraceOfNewOnes()
    {
        var schedule = new RecheckSchedule(_options, _time);
        schedule.Due(["ada"]);
        schedule.Unanswered("ada");
        schedule.Due([]);
        Advance(3600);
        schedule.Due(["ada"]);

        Assert.False(schedule.Unanswered("ada"));
    }

    [Fact]
    public void Unanswered_WithoutGrace_IsOverAtOnce()
    {
        var schedule = new RecheckSchedule(new RecheckOptions { Grace = TimeSpan.Zero }, _time);
        schedule.Due(["ada"]);

        Assert.True(schedule.Unanswered("ada"));
    }

    [Fact]
    public void Again_WhatFollowedFailed_IsDueAtOnce()
    {
        var schedule = new RecheckSchedule(_options, _time);
        schedule.Due(["ada"]);
        schedule.Answered("ada");
        schedule.Again("ada");

        Assert.Equal(["ada"], schedule.Due(["ada"]));
    }

    private void Advance(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
