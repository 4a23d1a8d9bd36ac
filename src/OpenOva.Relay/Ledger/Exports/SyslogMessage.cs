using System.Globalization;
using System.Text;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>
/// A record as an RFC 5424 message in the octet-counting frame of RFC 6587 section 3.4.1, which RFC 5425 demands:
/// <code>
/// 231 &lt;110&gt;1 2026-11-22T14:30:08.123456Z relay-0 relay - session.opened [relay@32473 organisation="acme" sequence="17" type="session.opened" hash="…"] {the leaf}
/// </code>
/// The leaf stands without a byte order mark, so that its hash can be made of what follows the structured data. It may be longer than the 8,192 bytes that a
/// receiver should take by default.
/// </summary>
internal static class SyslogMessage
{
    // Facility 13, log audit; severity 6, informational.
    private const int Priority = (13 * 8) + 6;
    private const int MostHostChars = 255;
    private const int MostIdChars = 32;

    public static void Write(Stream to, ExportRecord record, string host, int enterprise)
    {
        var time = RowClock.FromUnixMicroseconds(record.TimeUs).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var header = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"<{Priority}>1 {time} {Name(host, MostHostChars)} relay - {Name(record.Type, MostIdChars)} [relay@{enterprise} organisation=\"{Value(record.Organisation)}\" sequence=\"{record.Sequence}\" type=\"{Value(record.Type)}\" hash=\"{record.Sha256}\"] "));
        to.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{header.Length + record.Content.Length} ")));
        to.Write(header);
        to.Write(record.Content.Span);
    }

    // PRINTUSASCII of the header's fields; "-" where nothing is left.
    private static string Name(string text, int most)
    {
        var name = string.Concat(text.Where(c => c is > ' ' and < (char)0x7F).Take(most));
        return name.Length > 0 ? name : "-";
    }

    // Section 6.3.3: these three are escaped.
    private static string Value(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);
}
