using OpenOva.Relay.Sessions;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class SessionNamesTests
{
    public static TheoryData<SessionState> States => [.. Enum.GetValues<SessionState>()];

    public static TheoryData<SessionEndReason> Reasons => [.. Enum.GetValues<SessionEndReason>()];

    [Theory]
    [MemberData(nameof(States))]
    public void State_Named_IsTheContractsNameAndComesBack(SessionState state)
    {
        Assert.Equal(ProtoName(SessionsReflection.Descriptor, "SessionState", (int)state, "SESSION_STATE_"), state.Name());
        Assert.Equal(state, SessionNames.State(state.Name()));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void EndReason_Named_IsTheContractsNameAndComesBack(SessionEndReason reason)
    {
        Assert.Equal(ProtoName(SessionsReflection.Descriptor, "SessionEndReason", (int)reason, "SESSION_END_REASON_"), reason.Name());
        Assert.Equal(reason, SessionNames.EndReason(reason.Name()));
    }

    [Fact]
    public void EndReason_OfASessionThatGoesOn_IsUnspecified() => Assert.Equal(SessionEndReason.Unspecified, SessionNames.EndReason(null));

    private static string ProtoName(Google.Protobuf.Reflection.FileDescriptor file, string type, int number, string prefix) =>
        file.EnumTypes.Single(e => e.Name == type).FindValueByNumber(number).Name[prefix.Length..];
}
