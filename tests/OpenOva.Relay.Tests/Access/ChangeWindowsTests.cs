using System.Globalization;
using OpenOva.Relay.Access;
using OpenOva.Relay.Access.Emergency;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Tests.Access;

/// <summary>Local times: windows and business days where clocks are changed.</summary>
[Trait("Kind", "Fast")]
public sealed class ChangeWindowsTests
{
    // Berlin: 2026-03-29 01:00Z, 02:00 becomes 03:00; 2026-10-25 01:00Z, 03:00 becomes 02:00.
    [Theory]
    [InlineData("0 22 * * *", 60, "2026-01-10T21:30:00Z", "2026-01-10T22:00:00Z")]
    [InlineData("0 22 * * *", 60, "2026-07-10T20:30:00Z", "2026-07-10T21:00:00Z")]
    [InlineData("0 22 * * *", 60, "2026-07-10T21:30:00Z", null)]
    // A window that begins before the jump lasts as long as any other.
    [InlineData("0 1 * * *", 120, "2026-03-29T01:59:59Z", "2026-03-29T02:00:00Z")]
    [InlineData("0 1 * * *", 120, "2026-03-29T02:00:00Z", null)]
    // One that begins at a time that does not exist opens as the clocks have jumped.
    [InlineData("30 2 * * *", 30, "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z")]
    // One that begins at a time that comes twice opens once.
    [InlineData("30 2 * * *", 30, "2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("30 2 * * *", 30, "2026-10-25T01:45:00Z", null)]
    [InlineData("0 8 * * MON-FRI", 480, "2026-06-06T07:00:00Z", null)]
    [InlineData("0 8 L * *", 60, "2026-02-28T07:30:00Z", "2026-02-28T08:00:00Z")]
    public void Window_InBerlin_IsOpenUntil(string cron, int minutes, string now, string? until) => Assert.Equal(
        until is null ? null : Parse(until), ChangeWindows.OpenUntil(new PolicyRule.ChangeWindow([new RecurringWindow(cron, minutes, "Europe/Berlin")]), Parse(now)));

    [Fact]
    public void Windows_ThatOverlap_EndWithTheLast()
    {
        var rule = new PolicyRule.ChangeWindow([new RecurringWindow("0 * * * *", 90, "UTC"), new RecurringWindow("0 5 * * *", 600, "UTC")]);

        Assert.Equal(Parse("2026-06-01T15:00:00Z"), ChangeWindows.OpenUntil(rule, Parse("2026-06-01T06:10:00Z")));
        Assert.Equal(Parse("2026-06-01T05:30:00Z"), ChangeWindows.OpenUntil(rule, Parse("2026-06-01T04:59:00Z")));
    }

    [Theory]
    [InlineData("2026-06-03T10:00:00Z", "2026-06-04T10:00:00Z")]
    [InlineData("2026-06-05T10:00:00Z", "2026-06-08T10:00:00Z")]
    [InlineData("2026-06-06T23:30:00Z", "2026-06-07T23:30:00Z")]
    // Christmas Day, a Friday, is a holiday here, and so is the Monday after.
    [InlineData("2026-12-24T10:00:00Z", "2026-12-29T10:00:00Z")]
    // The same local time: the day has 23 hours.
    [InlineData("2026-03-27T10:00:00Z", "2026-03-30T09:00:00Z")]
    public void BusinessDay_AfterAnInstantInBerlin_Is(string instant, string due) => Assert.Equal(
        Parse(due), BusinessDays.After(Parse(instant), new OrganisationAccess { TimeZone = "Europe/Berlin", Holidays = { "2026-12-25", "2026-12-28" } }));

    private static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
