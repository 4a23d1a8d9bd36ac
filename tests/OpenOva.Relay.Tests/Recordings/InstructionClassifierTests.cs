using System.Buffers;
using System.Text;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Tests.Contract;

namespace OpenOva.Relay.Tests.Recordings;

/// <summary>Against the table of Evidence/README.md section 3.</summary>
[Trait("Kind", "Fast")]
public sealed class InstructionClassifierTests
{
    private static readonly string Readme = SourceTree.Find("src/OpenOva.Relay.Evidence/README.md");
    private readonly InstructionClassifier _classifier = new();

    /// <summary>Opcode, class, and whether it is recorded, as the table says.</summary>
    public static TheoryData<string, string, bool> Table
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (var line in File.ReadLines(Readme).Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
            {
                var cells = line.Split('|', StringSplitOptions.TrimEntries)[1..^1];
                var names = cells[0].Split(' ').Select(name => name.Trim('`')).ToArray();
                if (cells.Length != 3 || cells[1] is not ("R" or "L") || names[0] == "unknown") continue;
                var opcodes = cells[2].StartsWith("the opcode", StringComparison.Ordinal)
                    ? names.Select(name => new[] { name }).ToArray()
                    : cells[2].Split(';').Select(group => group.Replace(", as guacd sent it", "", StringComparison.Ordinal).Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)).ToArray();
                for (var i = 0; i < names.Length; i++)
                {
                    foreach (var opcode in names.Length == 1 ? opcodes.SelectMany(o => o) : opcodes[i]) data.Add(opcode, names[i], cells[1] == "R");
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Opcode_OfTheTable_HasItsClass(string opcode, string name, bool recorded)
    {
        var found = Classify(opcode, "1", "2", "3");

        Assert.Equal(name, found.Name());
        Assert.Equal(recorded, found.IsRecorded());
    }

    [Fact]
    public void Table_OfTheFormat_IsRead() => Assert.True(Table.Count >= 45, $"{Table.Count} opcodes read from {Readme}");

    [Theory]
    [InlineData("img", "7", InstructionClass.Image)]
    [InlineData("audio", "7", InstructionClass.Audio)]
    [InlineData("video", "7", InstructionClass.Video)]
    [InlineData("argv", "7", InstructionClass.Argv)]
    [InlineData("clipboard", "7", InstructionClass.Clipboard)]
    [InlineData("file", "7", InstructionClass.File)]
    [InlineData("pipe", "7", InstructionClass.Pipe)]
    [InlineData("body", "0,7", InstructionClass.Object)]
    public void Stream_FromItsBeginToItsEnd_IsOfItsClass(string opcode, string stream, InstructionClass expected)
    {
        Assert.Equal(expected, Classify([opcode, .. stream.Split(','), "text/plain", "x"]));
        Assert.Equal(expected, Classify("blob", "7", "QUJD"));
        Assert.Equal(InstructionClass.Unknown, Classify("blob", "8", "QUJD"));
        Assert.Equal(expected, Classify("end", "7"));
        Assert.Equal(InstructionClass.Unknown, Classify("blob", "7", "QUJD"));
        Assert.Equal(InstructionClass.Unknown, Classify("end", "7"));
    }

    [Fact]
    public void Stream_UsedAgain_IsOfTheNewClassAlsoWithoutAnEnd()
    {
        Classify("clipboard", "0", "text/plain");
        Classify("end", "0");
        Classify("img", "0", "14", "0", "image/png", "0", "0");
        Assert.Equal(InstructionClass.Image, Classify("blob", "0", "QUJD"));

        Classify("file", "0", "text/plain", "x");
        Assert.Equal(InstructionClass.File, Classify("blob", "0", "QUJD"));
    }

    [Fact]
    public void Streams_SideBySide_DoNotMix()
    {
        for (var stream = 0; stream < 1_024; stream++) Classify(stream % 2 == 0 ? "img" : "clipboard", $"{stream}", "x");

        for (var stream = 1_023; stream >= 0; stream--)
            Assert.Equal(stream % 2 == 0 ? InstructionClass.Image : InstructionClass.Clipboard, Classify("blob", $"{stream}", "QUJD"));
    }

    [Theory]
    [InlineData("blob")]
    [InlineData("blob", "")]
    [InlineData("blob", "x", "QUJD")]
    [InlineData("blob", "-1", "QUJD")]
    [InlineData("blob", "1024", "QUJD")]
    [InlineData("blob", "99999999999999999999", "QUJD")]
    [InlineData("end")]
    [InlineData("end", "1024")]
    [InlineData("")]
    [InlineData("Sync", "1")]
    [InlineData("synchronise-everything", "1")]
    [InlineData("sixteen-letters!", "1")]
    [InlineData("img ", "1")]
    public void Instruction_ThatFitsNothing_IsUnknownAndLeftOut(params string[] elements)
    {
        Classify("img", "0", "x");

        Assert.Equal(InstructionClass.Unknown, Classify(elements));
        Assert.False(InstructionClass.Unknown.IsRecorded());
    }

    [Theory]
    [InlineData("img")]
    [InlineData("img", "x")]
    [InlineData("img", "-1")]
    [InlineData("img", "1024")]
    public void Begin_WithoutAUsableStream_HasItsClassAndBeginsNone(params string[] elements)
    {
        Assert.Equal(InstructionClass.Image, Classify(elements));

        Assert.Equal(InstructionClass.Unknown, Classify("blob", elements.Length > 1 ? elements[1] : "0", "QUJD"));
    }

    private InstructionClass Classify(params string[] elements)
    {
        var to = new ArrayBufferWriter<byte>();
        InstructionWriter.Write(to, Encoding.UTF8.GetBytes(elements[0]), elements.AsSpan(1));
        var buffer = new ReadOnlySequence<byte>(to.WrittenMemory);
        Assert.True(new InstructionParser().TryRead(ref buffer, out var instruction));
        return _classifier.Classify(instruction);
    }
}
