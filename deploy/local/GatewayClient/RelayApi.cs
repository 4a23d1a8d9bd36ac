using Grpc.Core;
using Grpc.Net.Client;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.GatewayClient;

/// <summary>Relay's services as a gateway's backend calls them: which token goes where is said here and nowhere else.</summary>
internal sealed class RelayApi(GrpcChannel channel, HttpClient http, SignIn signIn, string user, string password) : IDisposable
{
    public SessionService.SessionServiceClient Sessions { get; } = new(channel);

    public RecordingService.RecordingServiceClient Recordings { get; } = new(channel);

    public LedgerService.LedgerServiceClient Ledger { get; } = new(channel);

    public ReportService.ReportServiceClient Reports { get; } = new(channel);

    /// <summary>The person's token.</summary>
    public Task<string> PersonTokenAsync(CancellationToken cancellation) => signIn.PersonAsync(user, password, cancellation);

    /// <summary>Reads and reports: the person's token alone.</summary>
    public async Task<Metadata> AsPersonAsync(CancellationToken cancellation) =>
        new() { { "authorization", $"Bearer {await PersonTokenAsync(cancellation)}" } };

    /// <summary>Opening a session: the person's token, and the gateway's own, which the ticket is then bound to.</summary>
    public async Task<Metadata> AsPersonThroughGatewayAsync(CancellationToken cancellation)
    {
        var metadata = await AsPersonAsync(cancellation);
        metadata.Add("relay-gateway-authorization", $"Bearer {await signIn.GatewayAsync(cancellation)}");
        return metadata;
    }

    /// <summary>Carrying a session: the gateway's token alone. The person's would expire before the session ends; the ticket stands for him.</summary>
    public async Task<Metadata> AsGatewayAsync(CancellationToken cancellation) =>
        new() { { "relay-gateway-authorization", $"Bearer {await signIn.GatewayAsync(cancellation)}" } };

    public void Dispose()
    {
        channel.Dispose();
        http.Dispose();
    }
}
