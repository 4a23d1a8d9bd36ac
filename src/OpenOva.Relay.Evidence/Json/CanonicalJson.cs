using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenOva.Relay.Evidence.Json;

/// <summary>
/// Canonical JSON: RFC 8785 with integers only (README.md section 1). System.Text.Json cannot write it (its escapes, <c>1E+21</c>, and lone
/// surrogates that become U+FFFD), so the writer is our own; reading is "parse, write again, compare".
/// </summary>
public static class CanonicalJson
{
    /// <summary>The deepest nesting that is written or read.</summary>
    public const int MaxDepth = 64;

    /// <summary>The largest integer, 2^53-1: what every JSON reader keeps exactly (RFC 7493 section 2.2).</summary>
    public const long MaxInteger = 9_007_199_254_740_991;

    /// <summary>Writes a value.</summary>
    /// <exception cref="EvidenceFormatException">A number that is no integer in range, a lone surrogate, or nesting deeper than <see cref="MaxDepth"/>.</exception>
    public static byte[] Encode(JsonNode? node)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Write(buffer, node, 1);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a value that was read, with the same rules.</summary>
    /// <exception cref="EvidenceFormatException">As above.</exception>
    public static byte[] Encode(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Write(buffer, element, 1);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads one value whose bytes are exactly its canonical form.</summary>
    /// <param name="utf8">The whole text.</param>
    /// <param name="what">Names the part in the error.</param>
    /// <exception cref="EvidenceFormatException">The bytes are not JSON, or not the canonical form of what they say.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8, string what)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new EvidenceFormatException($"{what}: not JSON at byte {e.BytePositionInLine?.ToString(CultureInfo.InvariantCulture) ?? "?"}", e);
        }
        catch (InvalidOperationException e)
        {
            // The search for duplicates unescapes names, and refuses a lone surrogate or broken UTF-8 in one with this type.
            throw new EvidenceFormatException($"{what}: a name is not valid Unicode", e);
        }

        byte[] canonical;
        try
        {
            canonical = Encode(root);
        }
        catch (InvalidOperationException e)
        {
            // JsonElement.GetString refuses a lone surrogate with this type.
            throw new EvidenceFormatException($"{what}: a string is not valid Unicode", e);
        }
        catch (EvidenceFormatException e)
        {
            throw new EvidenceFormatException($"{what}: {e.Message}", e);
        }

        if (!canonical.AsSpan().SequenceEqual(utf8.Span))
            throw new EvidenceFormatException($"{what}: not in canonical form");
        return root;
    }

    private static void Write(ArrayBufferWriter<byte> to, JsonNode? node, int depth)
    {
        switch (node)
        {
            case null:
                to.Write("null"u8);
                break;
            case JsonObject map:
                GuardDepth(depth);
                WriteMembers(to, map.Select(m => m.Key), key => Write(to, map[key], depth + 1));
                break;
            case JsonArray list:
                GuardDepth(depth);
                to.Write("["u8);
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) to.Write(","u8);
                    Write(to, list[i], depth + 1);
                }

                to.Write("]"u8);
                break;
            case JsonValue value:
                WriteScalar(to, value, depth);
                break;
        }
    }

    private static void WriteScalar(ArrayBufferWriter<byte> to, JsonValue value, int depth)
    {
        if (value.TryGetValue(out JsonElement element)) Write(to, element, depth);
        else if (value.TryGetValue(out string? text)) WriteString(to, text);
        else if (value.TryGetValue(out bool flag)) to.Write(flag ? "true"u8 : "false"u8);
        else if (value.TryGetValue(out long number)) WriteInteger(to, number);
        else if (value.TryGetValue(out int small)) WriteInteger(to, small);
        else throw new EvidenceFormatException($"canonical JSON has no {value.GetValueKind()} of this type");
    }

    private static void Write(ArrayBufferWriter<byte> to, JsonElement element, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                GuardDepth(depth);
                var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (var member in element.EnumerateObject())
                {
                    if (!members.TryAdd(member.Name, member.Value)) throw new EvidenceFormatException("a member stands twice");
                }

                WriteMembers(to, members.Keys, key => Write(to, members[key], depth + 1));
                break;
            case JsonValueKind.Array:
                GuardDepth(depth);
                to.Write("["u8);
                var first = true;
                foreach (var item in element.EnumerateArray())
                {
                    if (!first) to.Write(","u8);
                    first = false;
                    Write(to, item, depth + 1);
                }

                to.Write("]"u8);
                break;
            case JsonValueKind.String:
                WriteString(to, element.GetString()!);
                break;
            case JsonValueKind.Number:
                if (!element.TryGetInt64(out var number)) throw new EvidenceFormatException("a number is not an integer in range");
                WriteInteger(to, number);
                break;
            case JsonValueKind.True:
                to.Write("true"u8);
                break;
            case JsonValueKind.False:
                to.Write("false"u8);
                break;
            default:
                to.Write("null"u8);
                break;
        }
    }

    private static void WriteMembers(ArrayBufferWriter<byte> to, IEnumerable<string> names, Action<string> writeValue)
    {
        to.Write("{"u8);
        var first = true;
        // RFC 8785 section 3.2.3: by UTF-16 code units, which is what ordinal comparison of .NET strings does.
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            if (!first) to.Write(","u8);
            first = false;
            WriteString(to, name);
            to.Write(":"u8);
            writeValue(name);
        }

        to.Write("}"u8);
    }

    private static void WriteInteger(ArrayBufferWriter<byte> to, long number)
    {
        if (number is > MaxInteger or < -MaxInteger) throw new EvidenceFormatException("a number is not an integer in range");
        var span = to.GetSpan(20);
        number.TryFormat(span, out var written, default, CultureInfo.InvariantCulture);
        to.Advance(written);
    }

    private static void WriteString(ArrayBufferWriter<byte> to, string text)
    {
        to.Write("\""u8);
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                    throw new EvidenceFormatException("a string has a lone surrogate");
                i++;
                continue;
            }

            if (c >= ' ' && c != '"' && c != '\\') continue;
            WriteRaw(to, text.AsSpan(start, i - start));
            start = i + 1;
            WriteEscape(to, c);
        }

        WriteRaw(to, text.AsSpan(start));
        to.Write("\""u8);
    }

    private static void WriteEscape(ArrayBufferWriter<byte> to, char c)
    {
        switch (c)
        {
            case '"': to.Write("\\\""u8); break;
            case '\\': to.Write("\\\\"u8); break;
            case '\b': to.Write("\\b"u8); break;
            case '\t': to.Write("\\t"u8); break;
            case '\n': to.Write("\\n"u8); break;
            case '\f': to.Write("\\f"u8); break;
            case '\r': to.Write("\\r"u8); break;
            default:
                to.Write("\\u00"u8);
                to.Write([Hex(c >> 4), Hex(c & 0xF)]);
                break;
        }
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);

    private static void WriteRaw(ArrayBufferWriter<byte> to, ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty) Encoding.UTF8.GetBytes(text, to);
    }

    private static void GuardDepth(int depth)
    {
        if (depth > MaxDepth) throw new EvidenceFormatException($"nested deeper than {MaxDepth}");
    }
}
