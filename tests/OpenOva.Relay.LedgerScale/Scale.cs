using System.Globalization;

namespace OpenOva.Relay.LedgerScale;

internal static class Scale
{
    public static void Tell(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    public static void Tell(string line) => Console.WriteLine(line);
}
