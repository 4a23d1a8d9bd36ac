namespace OpenOva.Relay.Grpc.Tests.Interop;

[Trait("Kind", "Real")]
public sealed class ForeignClientInteropTests(ForeignClients clients) : IClassFixture<ForeignClients>
{
    [Theory]
    [MemberData(nameof(OwnClientInteropTests.Cases), MemberType = typeof(OwnClientInteropTests))]
    public async Task GrpcJs_InteropCase_Passes(string name, string transport)
    {
        var result = await clients.RunNodeAsync(name, transport);
        Assert.True(result.Ok, result.Error);
    }

    [Theory]
    [MemberData(nameof(OwnClientInteropTests.Cases), MemberType = typeof(OwnClientInteropTests))]
    public async Task PythonGrpcio_InteropCase_Passes(string name, string transport)
    {
        var result = await clients.RunPythonAsync(name, transport);
        Assert.True(result.Ok, result.Error);
    }
}
