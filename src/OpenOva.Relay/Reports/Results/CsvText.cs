using System.Globalization;
using System.Text;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Reports.Results;

/// <summary>
/// CSV by RFC 4180, but for the line end, which is a line feed alone: comma, fields with comma, quote or line break in quotes. A field that a spreadsheet would take for a formula
/// (it begins with = + - @, tab or carriage return) gets an apostrophe in front, https://owasp.org/www-community/attacks/CSV_Injection.
/// </summary>
internal static class CsvText
{
    public const char LineEnd = '\n';

    public static string Line(params ReadOnlySpan<string?> fields)
    {
        var line = new StringBuilder(fields.Length * 24);
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0) line.Append(',');
            Append(line, fields[i]);
        }

        return line.Append(LineEnd).ToString();
    }

    public static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    public static string Flag(bool value) => value ? "true" : "false";

    public static string Numbers(IEnumerable<long> values) => string.Join(' ', values.Select(value => value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>ISO 8601 in UTC to the microsecond.</summary>
    public static string Time(long? timeUs) =>
        timeUs is { } us ? RowClock.FromUnixMicroseconds(us).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture) : "";

    private static void Append(StringBuilder line, string? field)
    {
        if (string.IsNullOrEmpty(field)) return;
        var guarded = field[0] is '=' or '+' or '-' or '@' or '\t' or '\r';
        if (!guarded && field.AsSpan().IndexOfAny(",\"\r\n") < 0)
        {
            line.Append(field);
            return;
        }

        line.Append('"');
        if (guarded) line.Append('\'');
        line.Append(field.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
