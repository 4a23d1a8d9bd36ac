using OpenOva.Relay.Integration.Targets;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Integration.Channels;

/// <summary>One service with connections whose channels are all open (ssh), all closed (telnet), and open for files but not for print jobs (rdp), before a fake guacd.</summary>
public sealed class ChannelWorld : IAsyncLifetime
{
    internal const string AllOpen = "clipboardIn: true, clipboardOut: true, fileUpload: true, fileDownload: true, printing: true, audioOut: true, audioIn: true";

    public FakeGuacd Guacd { get; } = FakeGuacd.Start();

    internal RelayUnderTest Relay { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Relay = await RelayUnderTest.StartAsync(new RelaySetup
    {
        Guacd = Guacd.Endpoint,
        Connections = string.Join("\n---\n",
            TargetLab.Yaml("ssh", "10.0.0.1", 22, "host-key: \"ssh-rsa AAAA\"", verified: true, null, AllOpen),
            TargetLab.Yaml("telnet", "10.0.0.2", 23, "", verified: false, null, "audioOut: false"),
            TargetLab.Yaml("rdp", "10.0.0.3", 3389, "security: tls", verified: true, null, "fileDownload: true")),
    });

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Guacd.DisposeAsync();
    }

    internal Task<LeftSession> VisitAsync(string connection, Func<TunnelClient, FakeGuacdUser, Task>? visit = null) =>
        LeftSession.VisitAsync(Relay, Guacd, connection, new FakeGuacdOptions { Play = ParameterWorld.Picture }, visit);
}
