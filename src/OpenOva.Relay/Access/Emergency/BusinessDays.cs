using System.Globalization;

namespace OpenOva.Relay.Access.Emergency;

/// <summary>An organisation's business days: Monday to Friday without its holidays, in its time zone.</summary>
internal static class BusinessDays
{
    /// <summary>The same local time on the next business day: what is owed "within one business day" is owed until then.</summary>
    public static DateTimeOffset After(DateTimeOffset instant, OrganisationAccess organisation)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(organisation.TimeZone);
        var local = TimeZoneInfo.ConvertTime(instant, zone).DateTime;
        var holidays = organisation.Holidays.Select(day => DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture)).ToHashSet();
        do
        {
            local = local.AddDays(1);
        }
        while (local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday || holidays.Contains(DateOnly.FromDateTime(local)));
        // A time that the clocks jump over does not exist: it is owed with the hour that follows.
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
