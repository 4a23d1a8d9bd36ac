using System.Globalization;
using OpenOva.Relay.Identity.Browser;

namespace OpenOva.Relay.Pages.Recordings;

/// <summary>
/// That a purpose was given for the replay of one recording, and is in the ledger: for a time, for the sign-in that gave it alone. It is no secret: without the
/// sign-in's cookie it is worth nothing.
/// </summary>
internal static class ReplayPass
{
    private static readonly long LifetimeUs = (long)TimeSpan.FromHours(4).TotalMicroseconds;

    public static string Issue(BrowserSecret secret, string session, long nowUs)
    {
        var until = (nowUs + LifetimeUs).ToString(CultureInfo.InvariantCulture);
        return $"{until}.{secret.Mark(TextOf(session, until))}";
    }

    public static bool Admits(BrowserSecret? secret, string session, string? pass, long nowUs)
    {
        if (secret is null || pass?.Split('.') is not [var until, var mark]) return false;
        return long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var untilUs) && nowUs < untilUs && secret.IsMarked(TextOf(session, until), mark);
    }

    private static string TextOf(string session, string until) => $"replay {session} {until}";
}
