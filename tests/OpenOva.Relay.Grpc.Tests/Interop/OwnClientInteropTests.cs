namespace OpenOva.Relay.Grpc.Tests.Interop;

[Trait("Kind", "Fast")]
public sealed class OwnClientInteropTests(InteropServers servers) : IClassFixture<InteropServers>
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var transport in new[] { "h2c", "tls" })
            foreach (var name in InteropCases.All.Keys) cases.Add(name, transport);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task OwnClient_InteropCase_Passes(string name, string transport)
    {
        using var channel = servers.Connect(transport);
        await InteropCases.All[name](channel);
    }
}
