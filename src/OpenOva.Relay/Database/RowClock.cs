namespace OpenOva.Relay.Database;

/// <summary>Row conventions: every time is a BIGINT of microseconds since 1970 UTC (column suffix <c>_us</c>), every id a lower-case UUIDv7.</summary>
internal static class RowClock
{
    /// <summary>Microseconds UTC since the Unix epoch, as every <c>_us</c> column holds.</summary>
    public static long GetUnixMicroseconds(this TimeProvider time) => time.GetUtcNow().ToUnixMicroseconds();

    public static long ToUnixMicroseconds(this DateTimeOffset instant) =>
        (instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromUnixMicroseconds(long microseconds) =>
        new(DateTimeOffset.UnixEpoch.UtcTicks + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>A new row id: UUIDv7 of the clock's time, 36 lower-case characters; ids sort by creation to the millisecond, not below.</summary>
    public static string NewRowId(this TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("D");
}
