using System.Globalization;

namespace Grpc.Protocol;

/// <summary>The <c>grpc-timeout</c> header: at most eight digits and a unit, "100m" for 100 ms; units are H, M, S, m, u, n.</summary>
internal static class GrpcTimeout
{
    /// <summary>
    /// A longer timeout is no different to anybody, and 99999999H would overflow a date and a timer (whose limit is 2^32 - 2 ms, 49.7 days).
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    private const int MostDigits = 8;

    /// <summary>Reads a timeout; longer ones than <see cref="Longest"/> are cut to it. Zero means that it has passed already.</summary>
    public static bool TryParse(string? value, out TimeSpan timeout)
    {
        timeout = default;
        if (value is not { Length: >= 2 and <= MostDigits + 1 }) return false;
        if (!long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount)) return false;
        double? ticks = value[^1] switch
        {
            'H' => amount * (double)TimeSpan.TicksPerHour,
            'M' => amount * (double)TimeSpan.TicksPerMinute,
            'S' => amount * (double)TimeSpan.TicksPerSecond,
            'm' => amount * (double)TimeSpan.TicksPerMillisecond,
            'u' => amount * (double)TimeSpan.TicksPerMicrosecond,
            'n' => Math.Ceiling(amount / (double)TimeSpan.NanosecondsPerTick),
            _ => null,
        };
        if (ticks is null) return false;
        timeout = TimeSpan.FromTicks((long)Math.Min(ticks.Value, Longest.Ticks));
        return true;
    }

    /// <summary>Writes a timeout in the finest unit that fits eight digits, rounded up so that the server never gives up first.</summary>
    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero) return "1n";
        ReadOnlySpan<(long Ticks, char Unit)> units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'),
            (TimeSpan.TicksPerMinute, 'M'), (TimeSpan.TicksPerHour, 'H'),
        ];
        foreach (var (ticks, unit) in units)
        {
            var amount = timeout.Ticks / ticks + (timeout.Ticks % ticks == 0 ? 0 : 1);
            if (amount <= 99_999_999) return string.Create(CultureInfo.InvariantCulture, $"{amount}{unit}");
        }

        return "99999999H";
    }
}
