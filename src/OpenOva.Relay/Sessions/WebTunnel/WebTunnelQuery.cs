using System.Globalization;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.WebTunnel;

/// <summary>What a browser asks for, by the query names of the stock client. Nothing in it is secret: a ticket there would end in logs and histories, so it is refused.</summary>
/// <param name="Session">UUIDv7.</param>
/// <param name="Notices">The client takes <c>notice</c>, which is Relay's own.</param>
/// <param name="Watch">Another's session, to look at.</param>
internal sealed record WebTunnelQuery(string Session, TunnelDisplay Display, bool Notices, bool Watch)
{
    private const string Id = "GUAC_ID";

    /// <exception cref="RelayException">INVALID_ARGUMENT, with the field's name.</exception>
    public static WebTunnelQuery Of(HttpRequest request)
    {
        var query = request.Query;
        var session = SessionOf(query) ?? throw RelayException.InvalidField(Id);
        var watch = Single(query, "GUAC_WATCH") == "1";
        var ticket = TunnelCookies.Read(request.HttpContext, session, watch);
        foreach (var (name, values) in query)
        {
            if (IsSecret(name) || values.Any(value => IsToken(value) || (ticket is not null && value == ticket))) throw RelayException.InvalidField("query");
        }

        var start = new TunnelStart
        {
            Width = Number(query, "GUAC_WIDTH"),
            Height = Number(query, "GUAC_HEIGHT"),
            Dpi = Number(query, "GUAC_DPI"),
            Timezone = Single(query, "GUAC_TIMEZONE") ?? "",
        };
        start.ImageMimetypes.AddRange(All(query, "GUAC_IMAGE"));
        start.AudioMimetypes.AddRange(All(query, "GUAC_AUDIO"));
        start.VideoMimetypes.AddRange(All(query, "GUAC_VIDEO"));
        return new(session, TunnelDisplay.Of(start), Single(query, "GUAC_NOTICES") == "1", watch);
    }

    /// <summary>The session's id; null where there is none that could be one.</summary>
    public static string? SessionOf(IQueryCollection query) =>
        query.TryGetValue(Id, out var values) && values is [{ } text] && Guid.TryParseExact(text, "D", out var id) ? id.ToString("D") : null;

    private static bool IsSecret(string name) =>
        name.Contains("ticket", StringComparison.OrdinalIgnoreCase) || name.Contains("token", StringComparison.OrdinalIgnoreCase);

    // A JWT, by whatever name.
    private static bool IsToken(string? value) => value is not null && value.StartsWith("eyJ", StringComparison.Ordinal) && value.Count(c => c == '.') >= 2;

    private static string? Single(IQueryCollection query, string name) =>
        !query.TryGetValue(name, out var values) ? null : values is [{ } value] ? value : throw RelayException.InvalidField(name);

    private static int Number(IQueryCollection query, string name) => Single(query, name) switch
    {
        null => 0,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw RelayException.InvalidField(name),
    };

    private static IEnumerable<string> All(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) ? values.Select(value => value ?? "") : [];
}
