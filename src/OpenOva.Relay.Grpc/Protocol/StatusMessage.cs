using System.Text;

namespace Grpc.Protocol;

/// <summary>The <c>grpc-message</c> header: UTF-8, percent-encoded outside 0x20-0x7E and for '%' itself.</summary>
internal static class StatusMessage
{
    public static string Encode(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && !text.Contains('%', StringComparison.Ordinal)) return text;
        var encoded = new StringBuilder(text.Length + 16);
        // A lone surrogate becomes U+FFFD here, rather than an exception on the way to report another.
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%') encoded.Append((char)b);
            else encoded.Append('%').Append(Hex(b >> 4)).Append(Hex(b & 0xF));
        }

        return encoded.ToString();

        static char Hex(int digit) => "0123456789ABCDEF"[digit];
    }

    /// <summary>Decodes leniently: a '%' that begins no escape stands for itself, as the protocol asks.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal)) return text;
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
