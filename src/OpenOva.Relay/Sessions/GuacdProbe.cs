using System.Net.Sockets;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// Whether guacd takes connections, asked by one that says nothing and leaves: guacd opens a session for <c>select</c> alone. A replica whose guacd is away
/// finishes and hands out what it has recorded, so this decides no readiness.
/// </summary>
internal sealed class GuacdProbe(SessionsOptions options, RelayRoleSet roles) : IReadinessProbe
{
    public string Name => "guacd";

    public bool Decides => false;

    public async Task CheckAsync(CancellationToken cancellation)
    {
        // A process that carries no sessions has no guacd beside it.
        if (!roles.Has(RelayRoles.Broker)) return;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(options.GuacdHost, options.GuacdPort, cancellation);
    }
}
