using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>Those who call a running service, wherever it runs.</summary>
internal class RelayCallers(Uri web, Uri grpc, Uri? issuer = null)
{
    public const string GatewaySecret = "gateway-secret";
    private static readonly HttpClient Http = new();

    public Uri Web { get; } = web;

    public GrpcChannel Channel { get; } = GrpcChannel.ForAddress(grpc);

    public SessionService.SessionServiceClient Sessions => new(Channel);

    public AccessService.AccessServiceClient Access => new(Channel);

    public RecordingService.RecordingServiceClient Recordings => new(Channel);

    public LedgerService.LedgerServiceClient Ledger => new(Channel);

    public ConnectionService.ConnectionServiceClient Connections => new(Channel);

    /// <summary>The metadata of a call by this person, alone or through the gateway.</summary>
    public async Task<Metadata> AsAsync(string person, bool throughGateway = true)
    {
        var realm = person is "gina" or "gus" or "gloria" ? "globex" : "acme";
        var headers = new Metadata { { "authorization", $"Bearer {await TokenAsync(realm, person)}" } };
        if (throughGateway) headers.Add("relay-gateway-authorization", $"Bearer {await TokenAsync(realm, null)}");
        return headers;
    }

    /// <summary>The metadata of the gateway's own calls.</summary>
    public async Task<Metadata> AsGatewayAsync(string realm = "acme") =>
        new() { { "relay-gateway-authorization", $"Bearer {await TokenAsync(realm, null)}" } };

    public async Task<string> TokenAsync(string realm, string? person)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = person is null ? "client_credentials" : "password",
            ["client_id"] = "gateway",
            ["client_secret"] = GatewaySecret,
        };
        if (person is not null) (form["username"], form["password"]) = (person, "pw");
        using var answer = await Http.PostAsync(new Uri(issuer ?? Web, $"/realms/{realm}/protocol/openid-connect/token"), new FormUrlEncodedContent(form));
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!.GetValue<string>();
    }

    /// <summary>Waits until the session is in a state, as a caller would see it.</summary>
    public async Task<Session> WaitForAsync(string session, SessionState state, int seconds = 30)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var headers = await AsAsync("anton");
        while (true)
        {
            var found = (await Sessions.GetAsync(new() { SessionId = session }, headers)).Session;
            if (found.State == state) return found;
            if (patience.IsCancellationRequested) Assert.Fail($"session {session} is {found.State} ({found.EndReason}, {found.FailureReason}), not {state}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The recording as it stands in the store, read by the auditor.</summary>
    public async Task<byte[]> StoredAsync(string session)
    {
        using var call = Recordings.Stream(new() { SessionId = session, Purpose = "a test", Part = RecordingPart.Recording }, await AsAsync("anton"));
        using var zipped = new MemoryStream();
        await foreach (var piece in call.ResponseStream.ReadAllAsync()) piece.Data.WriteTo(zipped);
        return zipped.ToArray();
    }

    /// <summary>The recording as <c>zcat</c> gives it, read by the auditor.</summary>
    public async Task<byte[]> RawAsync(string session)
    {
        using var zipped = new MemoryStream(await StoredAsync(session));
        using var raw = new MemoryStream();
        await using var gzip = new GZipStream(zipped, CompressionMode.Decompress);
        await gzip.CopyToAsync(raw);
        return raw.ToArray();
    }

    /// <summary>The manifest's payload, read by the auditor.</summary>
    public async Task<JsonNode> ManifestAsync(string session)
    {
        var answer = await Recordings.GetAsync(new() { SessionId = session, Purpose = "a test" }, await AsAsync("anton"));
        return JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(answer.Recording.Manifest.Split('.')[1]))!;
    }

    /// <summary>What the service's own verification says.</summary>
    public async Task<RecordingServiceVerifyResponse> VerifyAsync(string session) =>
        await Recordings.VerifyAsync(new() { SessionId = session, Purpose = "a test" }, await AsAsync("anton"));
}
