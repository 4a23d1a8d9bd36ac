using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using OpenOva.Relay.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access.Requests;

/// <summary>What the ticket system said.</summary>
/// <param name="State">Its words, cut; empty where it was not asked.</param>
/// <param name="CheckedUs">Null: it was not asked.</param>
internal sealed record TicketStanding(string State, long? CheckedUs)
{
    public static readonly TicketStanding NotAsked = new("", null);
}

/// <summary>Whether a reference is one of the organisation's tickets, and whether that ticket allows work now.</summary>
internal sealed class TicketReferences(AccessOptions options, IHttpClientFactory clients, TimeProvider time, ILogger<TicketReferences> logger)
{
    public const string Client = "access-tickets";
    public const int MaximumLength = 200;
    private const int MaximumStateLength = 100;
    private const int MaximumAnswerBytes = 256 * 1024;
    private const string Unanswered = "(not answered)";

    /// <exception cref="RelayException">INVALID_ARGUMENT, TICKET_REFERENCE_REFUSED, or BACKEND_UNAVAILABLE where nobody answered.</exception>
    public async Task<TicketStanding> CheckAsync(string organisation, string reference, CancellationToken cancellation)
    {
        if (reference.Length > MaximumLength || reference.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("ticket_reference");
        var rules = options.Of(organisation);
        if (reference.Length == 0) return rules.TicketRequired ? throw Refused("required") : TicketStanding.NotAsked;
        if (rules.TicketPattern.Length > 0 && !Regex.IsMatch(reference, $@"\A(?:{rules.TicketPattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant))
            throw Refused("pattern");
        if (rules.TicketCheck is not { } check) return TicketStanding.NotAsked;
        // Escaping leaves these as they are, and an address with them is another one.
        if (reference is "." or "..") throw Refused("pattern");
        var state = await AskAsync(check, reference, cancellation);
        if (state is null && check.RefuseUnanswered) throw new RelayException(ErrorReason.BackendUnavailable, "the ticket system did not answer", null);
        if (state is not null && !check.AllowedStates.Contains(state)) throw Refused("state");
        return new TicketStanding(state ?? Unanswered, time.GetUnixMicroseconds());
    }

    private static RelayException Refused(string rule) => new(ErrorReason.TicketReferenceRefused, ("rule", rule));

    /// <summary>Null: not answered. A ticket that is not there has the state that the answer's status says.</summary>
    private async Task<string?> AskAsync(TicketCheckOptions check, string reference, CancellationToken cancellation)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(check.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, check.Url.Replace("{ticket}", Uri.EscapeDataString(reference), StringComparison.Ordinal));
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            if (check.TokenFile.Length > 0)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(check.TokenFile, bounded.Token)).Trim());
            using var client = clients.CreateClient(Client);
            client.MaxResponseContentBufferSize = MaximumAnswerBytes;
            using var response = await client.SendAsync(request, bounded.Token);
            if (response.StatusCode == System.Net.HttpStatusCode.NotFound) return "(not found)";
            if (!response.IsSuccessStatusCode) throw new HttpRequestException($"the ticket system answered {(int)response.StatusCode}");
            return State(await response.Content.ReadAsByteArrayAsync(bounded.Token), check.StatePointer);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or UnauthorizedAccessException or JsonException or OperationCanceledException
            && !cancellation.IsCancellationRequested)
        {
            AccessLog.TicketNotAnswered(logger, exception);
            return null;
        }
    }

    private static string State(byte[] answer, string pointer)
    {
        using var document = JsonDocument.Parse(answer);
        var at = document.RootElement;
        foreach (var token in pointer.Split('/').Skip(1))
        {
            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at.ValueKind switch
            {
                JsonValueKind.Object when at.TryGetProperty(name, out var member) => member,
                JsonValueKind.Array when int.TryParse(name, out var index) && index >= 0 && index < at.GetArrayLength() => at[index],
                _ => throw new JsonException("The ticket system's answer has nothing at the pointer."),
            };
        }

        var state = at.ValueKind is JsonValueKind.String ? at.GetString()! : at.GetRawText();
        return new string([.. state.Take(MaximumStateLength).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
    }
}
