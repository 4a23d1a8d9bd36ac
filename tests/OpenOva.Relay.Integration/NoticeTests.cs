using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

// Boots the service.
/// <summary>Where the notice is required, no door opens a recorded session without it.</summary>
[Trait("Kind", "Real")]
public sealed class NoticeTests
{
    [Fact(Timeout = 60_000)]
    public async Task Open_WhereTheNoticeIsRequired_AsksForTheVersionOfNow()
    {
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Connections = $"{RelayUnderTest.SshYaml()}\n---\n{RelayUnderTest.SshYaml("ssh-plain", recorded: false)}",
            Values = new Dictionary<string, string?> { ["Relay:Sessions:NoticeRequired"] = "true" },
        });
        var headers = await relay.AsAsync("olivia");
        // As a gateway has it, to show it before.
        var notice = (await relay.Connections.GetAsync(new() { Name = "ssh-db" }, headers)).Notice.Sha256;
        async Task<StatusCode> OpenAsync(string connection, string acknowledged)
        {
            try
            {
                await relay.Sessions.OpenAsync(new() { Connection = connection, Purpose = "a test", AcknowledgedNotice = acknowledged }, headers);
                return StatusCode.OK;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode;
            }
        }

        Assert.Equal(StatusCode.InvalidArgument, await OpenAsync("ssh-db", ""));
        Assert.Equal(StatusCode.InvalidArgument, await OpenAsync("ssh-db", new string('0', 64)));
        Assert.DoesNotContain(await LedgerLeaves.AllAsync(relay), leaf => leaf.Type == "session.opened");
        Assert.Equal(StatusCode.OK, await OpenAsync("ssh-db", notice));
        Assert.Equal(notice, Assert.Single(await LedgerLeaves.AllAsync(relay), leaf => leaf.Type == "session.opened").Data.String("notice"));
        // Nothing is recorded there.
        Assert.Equal(StatusCode.OK, await OpenAsync("ssh-plain", ""));
    }
}
