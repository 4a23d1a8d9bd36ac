using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace Grpc.Protocol;

/// <summary>
/// Metadata on the wire. Binary values are base64; both paddings are accepted, none is sent. HTTP may join repeated headers with commas,
/// which base64 does not contain: "AQI,AwQ=" is two values.
/// </summary>
internal static class BinaryHeader
{
    public static string Encode(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>Adds the header's values; what is no base64, or no possible key, is left out, since nobody could read it.</summary>
    public static void AddTo(Metadata metadata, string name, string value)
    {
        if (!IsKey(name)) return;
        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(name, value);
            return;
        }

        foreach (var part in value.Split(','))
            if (TryDecode(part.Trim(), out var bytes)) metadata.Add(name, bytes);
    }

    public static bool TryDecode(string value, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var padded = (value.Length % 4) switch
        {
            2 => value + "==",
            3 => value + "=",
            _ => value,
        };
        if (!Base64.IsValid(padded, out var length)) return false;
        bytes = new byte[length];
        return Convert.TryFromBase64String(padded, bytes, out _);
    }

    private static bool IsKey(string name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        return name.Length > 0;
    }
}
