using System.Text.Json;

namespace OpenOva.Relay.Evidence.Json;

/// <summary>A canonical JSON object whose members are read by name and type; what is absent or of another type is an error that names it.</summary>
public readonly struct EvidenceObject
{
    private readonly JsonElement _element;
    private readonly string _what;

    private EvidenceObject(JsonElement element, string what)
    {
        _element = element;
        _what = what;
    }

    /// <summary>Reads an object from its canonical bytes.</summary>
    /// <exception cref="EvidenceFormatException">Not canonical JSON, or not an object.</exception>
    public static EvidenceObject Parse(ReadOnlyMemory<byte> utf8, string what) => Of(CanonicalJson.Parse(utf8, what), what);

    /// <summary>Reads an object of a named version 1 form.</summary>
    /// <exception cref="EvidenceFormatException">Not canonical JSON, not an object, or of another version.</exception>
    public static EvidenceObject ParseV1(ReadOnlyMemory<byte> utf8, string what)
    {
        var read = Parse(utf8, what);
        if (read.Int64("v") != 1) throw new EvidenceFormatException($"{what}: version is not 1");
        return read;
    }

    /// <summary>Takes an element that must be an object.</summary>
    public static EvidenceObject Of(JsonElement element, string what) =>
        element.ValueKind == JsonValueKind.Object ? new(element, what) : throw new EvidenceFormatException($"{what}: not an object");

    /// <summary>The element itself.</summary>
    public JsonElement Element => _element;

    /// <summary>The names of the members.</summary>
    public IEnumerable<string> Names => _element.EnumerateObject().Select(m => m.Name);

    /// <summary>Whether a member is there and not null.</summary>
    public bool Has(string name) => _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A string.</summary>
    public string String(string name) =>
        Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Wrong(name, "a string");

    /// <summary>An integer.</summary>
    public long Int64(string name) =>
        Member(name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt64() : throw Wrong(name, "an integer");

    /// <summary>An integer that is not negative: a count, a length, an offset or a time.</summary>
    public long Count(string name) => Int64(name) is >= 0 and var value ? value : throw Wrong(name, "zero or more");

    /// <summary>An integer, or null.</summary>
    public long? OptionalInt64(string name) => Has(name) ? Int64(name) : null;

    /// <summary>An integer or null; the member itself must be there.</summary>
    public long? NullableInt64(string name) => Member(name).ValueKind == JsonValueKind.Null ? null : Int64(name);

    /// <summary>An integer from 0 or null; the member itself must be there.</summary>
    public long? NullableCount(string name) => Member(name).ValueKind == JsonValueKind.Null ? null : Count(name);

    /// <summary>A string or null; the member itself must be there.</summary>
    public string? NullableString(string name) => Member(name).ValueKind == JsonValueKind.Null ? null : String(name);

    /// <summary>An object or null; the member itself must be there.</summary>
    public EvidenceObject? NullableObject(string name) => Member(name).ValueKind == JsonValueKind.Null ? null : Object(name);

    /// <summary>true or false.</summary>
    public bool Boolean(string name) => Member(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "true or false"),
    };

    /// <summary>A digest as 64 lower-case hexadecimal digits.</summary>
    public string Digest(string name) => String(name) is var text && Digests.IsHex(text) ? text : throw Wrong(name, "a SHA-256 in lower-case hexadecimal");

    /// <summary>An object within.</summary>
    public EvidenceObject Object(string name) => Of(Member(name), $"{_what}: {name}");

    /// <summary>A list.</summary>
    public IEnumerable<JsonElement> List(string name) =>
        Member(name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : throw Wrong(name, "a list");

    /// <summary>A list of strings.</summary>
    public IEnumerable<string> Strings(string name)
    {
        var self = this;
        return List(name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw self.Wrong(name, "a list of strings"));
    }

    /// <summary>A list of objects.</summary>
    public IEnumerable<EvidenceObject> Objects(string name)
    {
        var what = $"{_what}: {name}";
        return List(name).Select((item, i) => Of(item, $"{what}[{i}]"));
    }

    /// <summary>An error about this object.</summary>
    public EvidenceFormatException Error(string message) => new($"{_what}: {message}");

    private JsonElement Member(string name) =>
        _element.TryGetProperty(name, out var value) ? value : throw new EvidenceFormatException($"{_what}: {name} is missing");

    private EvidenceFormatException Wrong(string name, string expected) => new($"{_what}: {name} is not {expected}");
}
