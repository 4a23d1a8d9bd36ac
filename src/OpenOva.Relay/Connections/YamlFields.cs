using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OpenOva.Relay.Connections;

/// <summary>A document is not what it must be, at this place.</summary>
internal sealed class YamlFieldException(Mark mark, string field, string message) : Exception($"{field} {message}")
{
    public Mark Mark { get; } = mark;
    public string Field { get; } = field;
    public string Reason { get; } = message;
}

/// <summary>
/// One mapping of a document, read strictly: every field that is there must be asked for or ignored by name, and a value's type is what
/// Kubernetes would take it for (<c>port: "22"</c> is no number, <c>font-size: 12</c> no string).
/// </summary>
internal sealed partial class YamlFields
{
    // Labels enter the ledger, whose events must not grow with what somebody writes here.
    private const int MaximumLabels = 64;

    private readonly YamlMappingNode _node;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private YamlFields(YamlMappingNode node, string path)
    {
        _node = node;
        Path = path;
        foreach (var key in node.Children.Keys)
        {
            if (key is not YamlScalarNode { Value: not null })
                throw new YamlFieldException(key.Start, path, "has a key that is no string");
        }
    }

    public string Path { get; }

    public static YamlFields Of(YamlMappingNode root) => new(root, "");

    public IEnumerable<string> Names => _node.Children.Keys.Select(key => ((YamlScalarNode)key).Value!);

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    public YamlFieldException Fault(string name, string message) => new(Find(name)?.Start ?? _node.Start, PathOf(name), message);

    public YamlFields? Mapping(string name) => Find(name) switch
    {
        null => null,
        YamlMappingNode mapping => new YamlFields(mapping, PathOf(name)),
        _ => throw Fault(name, "must be a mapping"),
    };

    public YamlFields RequiredMapping(string name) => Mapping(name) ?? throw Fault(name, "is missing");

    public string? Text(string name) => Find(name) is { } node ? TextOf(node, PathOf(name)) : null;

    public string RequiredText(string name) => Text(name) ?? throw Fault(name, "is missing");

    public int? Integer(string name, int least, int most)
    {
        if (Find(name) is not { } node)
            return null;
        return node is YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text }
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw Fault(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}"));
    }

    public int RequiredInteger(string name, int least, int most) => Integer(name, least, most) ?? throw Fault(name, "is missing");

    public bool? Boolean(string name) => Find(name) switch
    {
        null => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" } => true,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "false" } => false,
        _ => throw Fault(name, "must be true or false"),
    };

    public ImmutableArray<string> Texts(string name)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        foreach (var (item, path) in Items(name))
        {
            var text = TextOf(item, path);
            if (text.Length == 0)
                throw new YamlFieldException(item.Start, path, "is empty");
            if (texts.Contains(text))
                throw new YamlFieldException(item.Start, path, "stands twice");
            texts.Add(text);
        }
        return texts.ToImmutable();
    }

    /// <summary>The list's mappings; each refuses its own unknown fields.</summary>
    public ImmutableArray<YamlFields> Mappings(string name)
    {
        var mappings = ImmutableArray.CreateBuilder<YamlFields>();
        foreach (var (item, path) in Items(name))
            mappings.Add(item is YamlMappingNode mapping ? new YamlFields(mapping, path) : throw new YamlFieldException(item.Start, path, "must be a mapping"));
        return mappings.ToImmutable();
    }

    /// <summary>All of this mapping, read as labels.</summary>
    public ImmutableSortedDictionary<string, string> Labels()
    {
        if (_node.Children.Count > MaximumLabels)
            throw Fault($"must hold at most {MaximumLabels} labels");
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var key in Names)
        {
            var value = RequiredText(key);
            if (!ResourceNames.IsLabelKey(key) || !ResourceNames.IsLabelValue(value))
                throw Fault(key, "is no label of Kubernetes");
            labels[key] = value;
        }
        return labels.ToImmutable();
    }

    /// <summary>A fault of one entry of a list that was read before.</summary>
    public YamlFieldException FaultInList(string name, int index, string message)
    {
        var (item, path) = Items(name).ElementAt(index);
        return new YamlFieldException(item.Start, path, message);
    }

    /// <summary>A fault of this mapping as a whole.</summary>
    public YamlFieldException Fault(string message) => new(_node.Start, Path, message);

    /// <summary>Fields that may stand here and mean nothing to Relay.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            _asked.Add(name);
    }

    /// <summary>To be called when every field was asked for.</summary>
    public void RefuseOthers()
    {
        foreach (var key in _node.Children.Keys.Cast<YamlScalarNode>())
        {
            if (!_asked.Contains(key.Value!))
                throw new YamlFieldException(key.Start, PathOf(key.Value!), "is an unknown field");
        }
    }

    private IEnumerable<(YamlNode Item, string Path)> Items(string name) => Find(name) switch
    {
        null => [],
        YamlSequenceNode sequence => sequence.Children.Index().Select(
            entry => (entry.Item, string.Create(CultureInfo.InvariantCulture, $"{PathOf(name)}[{entry.Index}]"))),
        _ => throw Fault(name, "must be a list"),
    };

    private YamlNode? Find(string name)
    {
        _asked.Add(name);
        return _node.Children.TryGetValue(new YamlScalarNode(name), out var value) ? value : null;
    }

    private static string TextOf(YamlNode node, string path)
    {
        if (node is not YamlScalarNode { Value: { } text } scalar)
            throw new YamlFieldException(node.Start, path, "must be a string");
        if (scalar.Style == ScalarStyle.Plain && LooksTyped().IsMatch(text))
            throw new YamlFieldException(node.Start, path, "must be a string: quote it");
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new YamlFieldException(node.Start, path, "must not hold a NUL");
        // Canonical JSON, and with it the digest, has no lone surrogate.
        return IsUnicode(text) ? text : throw new YamlFieldException(node.Start, path, "must be well-formed Unicode");
    }

    private static bool IsUnicode(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var read) != OperationStatus.Done)
                return false;
            rest = rest[read..];
        }
        return true;
    }

    // What YAML 1.1 (Kubernetes) or 1.2 reads as null, boolean, number or date when it is not quoted.
    [GeneratedRegex(
        @"^(|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N|[-+]?(0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LooksTyped();
}
