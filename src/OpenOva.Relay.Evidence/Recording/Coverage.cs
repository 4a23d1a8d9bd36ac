namespace OpenOva.Relay.Evidence.Recording;

/// <summary>How much of a session's time the recorder is known to have lived. Milliseconds of the monotonic clock (README.md section 3.3).</summary>
public sealed record Coverage(long Heartbeats, long SessionMs, long CoveredMs, long MaxGapMs)
{
    /// <summary>A gap up to this long is no loss of coverage: two and a half heartbeat periods.</summary>
    public const int ToleratedGapMs = 5_000;

    /// <summary>Measures the times between begin, heartbeats and end.</summary>
    public static Coverage Measure(long beginMs, IEnumerable<long> heartbeatsMs, long endMs)
    {
        var (count, covered, max, last) = (0L, 0L, 0L, beginMs);
        foreach (var at in heartbeatsMs)
        {
            count++;
            Step(at);
        }

        Step(Math.Max(endMs, last));
        return new(count, last - beginMs, covered, max);

        void Step(long at)
        {
            var gap = Math.Max(0, at - last);
            covered += Math.Min(gap, ToleratedGapMs);
            max = Math.Max(max, gap);
            last += gap;
        }
    }
}
