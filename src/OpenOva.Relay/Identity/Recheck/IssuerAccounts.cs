using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace OpenOva.Relay.Identity.Recheck;

/// <summary>The issuer did not answer, or not so that it could be read. Says nothing of the account.</summary>
internal sealed class IssuerUnansweredException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Asks one realm's Admin REST API after accounts: GET users/{id}, its effective realm and client roles, its groups
/// (https://www.keycloak.org/docs-api/latest/rest-api/). Any answer but the documented ones is none: an account is gone by a 404 for itself alone.
/// </summary>
internal sealed class IssuerAccounts(IssuerOptions issuer, HttpClient http, TimeProvider time) : IDisposable
{
    private const int GroupsPerPage = 100;
    private const int MaximumGroupPages = 20;
    private static readonly TimeSpan ClientIdsAge = TimeSpan.FromMinutes(10);
    private static readonly IReadOnlyDictionary<string, string> NoClients = new Dictionary<string, string>();

    private readonly Uri _admin = issuer.Recheck!.AdminBaseOf(issuer)!;
    private readonly ServiceAccountToken _token = new(issuer, http, time);
    private readonly SemaphoreSlim _clientsGate = new(1, 1);
    private IReadOnlyDictionary<string, string> _clients = NoClients;
    private long? _clientsReadAt;

    public IssuerOptions Issuer => issuer;

    public void Dispose()
    {
        _token.Dispose();
        _clientsGate.Dispose();
    }

    /// <exception cref="IssuerUnansweredException">Try again later.</exception>
    public async Task<AccountStanding> AskAsync(string subject, CancellationToken cancellation)
    {
        var user = $"users/{Uri.EscapeDataString(subject)}";
        try
        {
            if (await GetAsync(user, cancellation) is not { } found)
                return AccountStanding.Without(AccountState.Gone);
            // A redirect or another tenant's answer must not pass for this account's.
            if (Text(found, "id") != subject)
                throw new IssuerUnansweredException("the answer is about another account");
            if (!found.TryGetProperty("enabled", out var enabled) || enabled.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                throw new IssuerUnansweredException("the answer does not say whether the account is enabled");
            if (enabled.ValueKind == JsonValueKind.False)
                return AccountStanding.Without(AccountState.Disabled);
            var realm = Names(await ListAsync($"{user}/role-mappings/realm/composite", cancellation), "name");
            var clients = await ClientRolesAsync(user, cancellation);
            var groups = RoleMap.ReadsGroups(issuer) ? await GroupsAsync(user, cancellation) : [];
            var (roles, tokenRoles) = RoleMap.Apply(new IssuerGrants(realm, clients, groups), issuer);
            return new AccountStanding(AccountState.Active, roles, tokenRoles);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or IOException or UnauthorizedAccessException or InvalidOperationException
            || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new IssuerUnansweredException("the issuer did not answer", exception);
        }
    }

    private async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ClientRolesAsync(string user, CancellationToken cancellation)
    {
        var roles = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (client, id) in await ClientsAsync(cancellation))
        {
            // A client that was deleted meanwhile gives nothing any more, and is looked up anew.
            if (await GetAsync($"{user}/role-mappings/clients/{id}/composite", cancellation) is { } list)
                roles[client] = Names(Items(list), "name");
            else
                _clientsReadAt = null;
        }
        return roles;
    }

    private async Task<IReadOnlyDictionary<string, string>> ClientsAsync(CancellationToken cancellation)
    {
        await _clientsGate.WaitAsync(cancellation);
        try
        {
            if (_clientsReadAt is { } at && time.GetElapsedTime(at) < ClientIdsAge)
                return _clients;
            var ids = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var client in RoleMap.ClientsRead(issuer))
            {
                var found = (await ListAsync($"clients?clientId={Uri.EscapeDataString(client)}", cancellation)).FirstOrDefault(entry => Text(entry, "clientId") == client);
                if (found.ValueKind == JsonValueKind.Object)
                    ids[client] = Uri.EscapeDataString(Text(found, "id") ?? throw new IssuerUnansweredException("a client has no id"));
            }
            (_clients, _clientsReadAt) = (ids, time.GetTimestamp());
            return ids;
        }
        finally
        {
            _clientsGate.Release();
        }
    }

    private async Task<IReadOnlyCollection<string>> GroupsAsync(string user, CancellationToken cancellation)
    {
        var groups = new List<string>();
        for (var page = 0; page < MaximumGroupPages; page++)
        {
            var found = await ListAsync($"{user}/groups?briefRepresentation=true&first={page * GroupsPerPage}&max={GroupsPerPage}", cancellation);
            groups.AddRange(Names(found, "path"));
            if (found.Count < GroupsPerPage)
                return groups;
        }
        throw new IssuerUnansweredException($"the account is in more than {MaximumGroupPages * GroupsPerPage} groups");
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string path, CancellationToken cancellation) =>
        Items(await GetAsync(path, cancellation) ?? throw new IssuerUnansweredException("what was asked for is not there"));

    /// <summary>Null: 404.</summary>
    private async Task<JsonElement?> GetAsync(string path, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{_admin.AbsoluteUri.TrimEnd('/')}/{path}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _token.GetAsync(cancellation));
            using var response = await http.SendAsync(request, cancellation);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    return JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
                case HttpStatusCode.NotFound when await IsKeycloaksAsync(response, cancellation):
                    return null;
                case HttpStatusCode.Unauthorized when attempt == 1:
                    // The issuer was restarted, or its keys changed.
                    _token.Drop();
                    break;
                case HttpStatusCode.Forbidden:
                    throw new IssuerUnansweredException("the service account may not ask: it needs the roles view-users and view-clients of realm-management");
                default:
                    throw new IssuerUnansweredException($"the issuer answered {(int)response.StatusCode}");
            }
        }
    }

    // A proxy's 404 while the issuer is away is no word on an account: Keycloak's own is a JSON object with an error.
    private static async Task<bool> IsKeycloaksAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            var body = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            return body.ValueKind == JsonValueKind.Object && (body.TryGetProperty("error", out _) || body.TryGetProperty("errorMessage", out _));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static List<JsonElement> Items(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : throw new IssuerUnansweredException("a list was expected");

    private static List<string> Names(IReadOnlyList<JsonElement> items, string member) =>
        [.. items.Select(item => Text(item, member) ?? throw new IssuerUnansweredException($"an entry has no {member}"))];

    private static string? Text(JsonElement item, string member) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
