using System.Reflection;
using Google.Protobuf.Reflection;

namespace OpenOva.Relay.Tests.Contract;

/// <summary>
/// The protos against <c>contract.txt</c>, which may only grow. A line that is missing from the program is a break for every client that was built with it:
/// restore it (a field that is no longer used stays, marked deprecated). A new line is added to the file by hand, sorted, in the commit that adds it to the proto.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class ContractFreezeTests
{
    private static readonly string[] Frozen = File.ReadAllLines(SourceTree.Find("tests/OpenOva.Relay.Tests/Contract/contract.txt"));
    private static readonly string[] Present = [.. Files().SelectMany(LinesOf).Order(StringComparer.Ordinal)];

    [Fact]
    public void Contract_OnceGiven_IsKept() =>
        Assert.True(!Frozen.Except(Present).Any(), $"Gone from the protos: restore{Environment.NewLine}{string.Join(Environment.NewLine, Frozen.Except(Present))}");

    [Fact]
    public void Contract_Grown_IsWrittenDown() =>
        Assert.True(!Present.Except(Frozen).Any(), $"New in the protos: add to contract.txt{Environment.NewLine}{string.Join(Environment.NewLine, Present.Except(Frozen))}");

    [Fact]
    public void Contract_File_IsSortedAndSaysNothingTwice() => Assert.Equal(Frozen.Distinct().Order(StringComparer.Ordinal), Frozen);

    private static IEnumerable<FileDescriptor> Files() => typeof(RelayHost).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
        .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
        .OfType<FileDescriptor>()
        .Where(file => file.Package.StartsWith("openova.", StringComparison.Ordinal));

    private static IEnumerable<string> LinesOf(FileDescriptor file) =>
        file.EnumTypes.SelectMany(LinesOf).Concat(file.MessageTypes.SelectMany(LinesOf)).Concat(file.Services.SelectMany(service => service.Methods.Select(LineOf)));

    private static IEnumerable<string> LinesOf(EnumDescriptor type) => type.Values.Select(value => $"enum {type.FullName} {value.Name} = {value.Number}");

    private static IEnumerable<string> LinesOf(MessageDescriptor type) =>
        type.Fields.InDeclarationOrder().Select(field => LineOf(type, field))
            .Append($"message {type.FullName}")
            .Concat(type.EnumTypes.SelectMany(LinesOf))
            .Concat(type.NestedTypes.SelectMany(LinesOf));

    private static string LineOf(MessageDescriptor type, FieldDescriptor field)
    {
        var kind = field.FieldType switch
        {
            FieldType.Message => field.MessageType.FullName,
            FieldType.Enum => field.EnumType.FullName,
            _ => field.FieldType.ToString().ToLowerInvariant(),
        };
        return $"field {type.FullName} {field.Name} = {field.FieldNumber} {(field.IsRepeated ? "repeated " : "")}{kind}{(field.ContainingOneof is { } oneof ? $" in {oneof.Name}" : "")}";
    }

    private static string LineOf(MethodDescriptor method) =>
        $"rpc {method.FullName}({(method.IsClientStreaming ? "stream " : "")}{method.InputType.FullName}) returns ({(method.IsServerStreaming ? "stream " : "")}{method.OutputType.FullName})";
}
