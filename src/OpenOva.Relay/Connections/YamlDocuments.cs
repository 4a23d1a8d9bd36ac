using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace OpenOva.Relay.Connections;

/// <summary>A document of a file: its root, or why it is none. Lines count from the file's first.</summary>
internal readonly record struct YamlSource(string Text, YamlMappingNode? Root, long FirstLine, (long Line, long Column, string Message)? Fault);

/// <summary>
/// Cuts a file into its documents, so that a fault in one leaves the others alone: a line that begins with <c>---</c> and white space is
/// a document marker wherever it stands (YAML 1.2.2, section 9.1.2). Anchors, aliases, tags and deep nesting are refused before anything
/// is built: the first two can blow a small file up, and building is recursive.
/// </summary>
internal static class YamlDocuments
{
    private const int MaximumDepth = 12;

    public static IEnumerable<YamlSource> Read(string text)
    {
        foreach (var (chunk, line) in Cut(text))
        {
            var source = ReadOne(chunk, line);
            if (source is not null)
                yield return source.Value;
        }
    }

    private static IEnumerable<(string Chunk, long FirstLine)> Cut(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var start = 0;
        for (var i = 1; i <= lines.Length; i++)
        {
            if (i < lines.Length && !IsMarker(lines[i]))
                continue;
            yield return (string.Join('\n', lines[start..i]), start + 1);
            start = i;
        }
    }

    private static bool IsMarker(string line) => line.StartsWith("---", StringComparison.Ordinal) && (line.Length == 3 || char.IsWhiteSpace(line[3]));

    private static YamlSource? ReadOne(string chunk, long firstLine)
    {
        var reached = Mark.Empty;
        try
        {
            if (FindUnwanted(chunk, ref reached) is var (mark, message))
                return Fault(mark, message);
            var stream = new YamlStream();
            stream.Load(new StringReader(chunk));
            return stream.Documents switch
            {
                [] => null,
                [{ RootNode: YamlScalarNode { Value: null or "" } }] => null,
                [{ RootNode: YamlMappingNode root }] => new YamlSource(chunk, root, firstLine, null),
                [var other] => Fault(other.RootNode.Start, "a resource must be a mapping"),
                _ => Fault(stream.Documents[1].RootNode.Start, "documents must be separated by ---"),
            };
        }
        catch (YamlException e)
        {
            // Some faults come without a place: the last thing understood is nearest to it then.
            return Fault(e.Start.Index == 0 ? reached : e.Start, Reason(e));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The library's scanner throws these on some texts. One file must not end the reading of all.
            return Fault(reached, "is not well-formed YAML");
        }

        YamlSource Fault(Mark mark, string message) => new(chunk, null, firstLine, (firstLine + mark.Line - 1, mark.Column, message));
    }

    // The library's message may quote the text around the fault, and that may be a password someone put where none belongs.
    private static string Reason(YamlException e) =>
        e.Message.Contains("uplicate key", StringComparison.Ordinal) ? "a key stands twice in one mapping" : "is not well-formed YAML";

    private static (Mark Mark, string Message)? FindUnwanted(string chunk, ref Mark reached)
    {
        var parser = new Parser(new StringReader(chunk));
        var depth = 0;
        while (parser.MoveNext())
        {
            var current = parser.Current!;
            depth += current.NestingIncrease;
            reached = current.Start;
            if (depth > MaximumDepth)
                return (current.Start, "is nested too deeply");
            if (current is AnchorAlias)
                return (current.Start, "aliases are not taken");
            if (current is NodeEvent { Anchor.IsEmpty: false })
                return (current.Start, "anchors are not taken");
            if (current is NodeEvent { Tag.IsEmpty: false })
                return (current.Start, "tags are not taken");
        }
        return null;
    }
}
