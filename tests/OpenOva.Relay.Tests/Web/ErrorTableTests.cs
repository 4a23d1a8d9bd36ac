using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Web;

[Trait("Kind", "Fast")]
public sealed class ErrorTableTests
{
    [Fact]
    public void Table_EveryReason_HasItsRow() =>
        Assert.All(Enum.GetValues<ErrorReason>(), reason => Assert.Equal(reason, ErrorTable.Of(reason).Reason));

    // The proto's comments promise a gRPC code for each reason: the code's name is the comment's first word.
    [Fact]
    public void Table_GrpcCodes_AreThoseTheContractNames()
    {
        var contract = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "errors.proto"));
        var promised = new Dictionary<string, string>();
        for (var i = 1; i < contract.Length; i++)
        {
            if (contract[i].Trim() is ['E', 'R', 'R', 'O', 'R', '_', ..] line && contract[i - 1].Trim().StartsWith("// ", StringComparison.Ordinal))
                promised[line.Split(' ')[0]["ERROR_REASON_".Length..]] = contract[i - 1].Trim()[3..].Split('.')[0].Replace("_", "", StringComparison.Ordinal);
        }

        var table = ErrorTable.All.Where(row => row.Reason != ErrorReason.Unspecified).ToDictionary(row => row.Name, row => row.GrpcCode.ToString().ToUpperInvariant());
        Assert.Equal(promised.OrderBy(row => row.Key, StringComparer.Ordinal), table.OrderBy(row => row.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Table_HttpStatuses_AreErrors() => Assert.All(ErrorTable.All, row => Assert.InRange(row.HttpStatus, 400, 599));
}
