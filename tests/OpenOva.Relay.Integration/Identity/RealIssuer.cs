using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace OpenOva.Relay.Integration.Identity;

/// <summary>The OpenID provider in Keycloak's shape, as <c>deploy/local/test</c> starts it, and its controls; without it a test is skipped.</summary>
internal sealed class RealIssuer : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(15) };
    private readonly string _address;
    private readonly string _state;

    private RealIssuer(string address, string state)
    {
        _address = address;
        _state = state;
    }

    public string RecheckSecretFile => Path.Combine(_state, "clients", "acme", "relay-recheck");

    public string Issuer(string realm) => $"{_address}/realms/{realm}";

    public static RealIssuer OrSkip()
    {
        var address = Environment.GetEnvironmentVariable("RELAY_TEST_OIDC");
        Assert.SkipWhen(string.IsNullOrEmpty(address), "oidc: RELAY_TEST_OIDC is not set");
        var state = Environment.GetEnvironmentVariable("RELAY_TEST_OIDC_STATE") ?? throw new InvalidOperationException("RELAY_TEST_OIDC_STATE is not set beside RELAY_TEST_OIDC");
        return new RealIssuer(address!.TrimEnd('/'), state);
    }

    /// <summary>The configuration keys of a service that takes its tokens.</summary>
    public void Configure(Dictionary<string, string?> values)
    {
        foreach (var (realm, index) in new[] { ("acme", 2), ("globex", 3) })
        {
            values[$"Relay:Identity:Issuers:{index}:Issuer"] = Issuer(realm);
            values[$"Relay:Identity:Issuers:{index}:Organisation"] = realm;
            values[$"Relay:Identity:Issuers:{index}:Audience"] = "relay";
            values[$"Relay:Identity:Issuers:{index}:PersonClaim"] = "employee_number";
            values[$"Relay:Identity:Issuers:{index}:LogoutClients:0"] = "relay-gateway";
        }
    }

    /// <summary>Creates or changes a user of the test's own, so that tests beside it are not disturbed.</summary>
    public Task PutUserAsync(string name, JsonObject members, string realm = "acme")
    {
        members["password"] = "pw-of-the-test";
        return ControlAsync($"realms/{realm}/users/{name}", members);
    }

    /// <summary>True: he was there.</summary>
    public async Task<bool> DeleteUserAsync(string name)
    {
        using var answer = await SendAsync($"realms/acme/users/{name}", null, HttpMethod.Delete);
        return answer.IsSuccessStatusCode;
    }

    public Task RotateAsync(string realm, bool drop) => ControlAsync($"realms/{realm}/keys", new JsonObject { ["drop"] = drop });

    public Task PushLogoutsToAsync(string uri) =>
        ControlAsync("realms/acme/clients/relay-gateway", new JsonObject { ["backchannelLogoutUri"] = uri, ["backchannelLogoutSessionRequired"] = true });

    /// <summary>What the provider was answered by those that it told.</summary>
    public async Task<IReadOnlyList<int>> LogoutAsync(JsonObject whom)
    {
        var answer = await ControlAsync("realms/acme/logout", whom);
        return [.. answer["told"]!.AsArray().Select(told => told!["status"]?.GetValue<int>() ?? 0)];
    }

    public Task FailAsync(string path, int seconds) =>
        ControlAsync("faults", new JsonObject { ["seconds"] = seconds, ["mode"] = "error", ["status"] = 503, ["path"] = path, ["realm"] = "acme" });

    /// <summary>An access token of a user's, by the password grant.</summary>
    public async Task<string> TokenAsync(string user, string realm = "acme")
    {
        var passwords = Path.Combine(_state, "passwords", realm, user);
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "password",
            ["client_id"] = "relay-gateway",
            ["client_secret"] = await ReadAsync(Path.Combine(_state, "clients", realm, "relay-gateway")),
            ["username"] = user,
            ["password"] = File.Exists(passwords) ? await ReadAsync(passwords) : "pw-of-the-test",
            ["scope"] = "openid",
        };
        using var answer = await _http.PostAsync($"{Issuer(realm)}/protocol/openid-connect/token", new FormUrlEncodedContent(form));
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>();
        return body!["access_token"]?.GetValue<string>() ?? throw new InvalidOperationException($"no token for {user}: {body.ToJsonString()}");
    }

    public static JsonObject ClaimsOf(string token) =>
        JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))!.AsObject();

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> ControlAsync(string path, JsonObject body)
    {
        using var answer = await SendAsync(path, body, HttpMethod.Post);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, JsonObject? body, HttpMethod method)
    {
        using var request = new HttpRequestMessage(method, $"{_address}/_control/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await ReadAsync(Path.Combine(_state, "control-secret")));
        if (body is not null) request.Content = JsonContent.Create(body);
        return await _http.SendAsync(request);
    }

    private static async Task<string> ReadAsync(string file) => (await File.ReadAllTextAsync(file)).Trim();
}
