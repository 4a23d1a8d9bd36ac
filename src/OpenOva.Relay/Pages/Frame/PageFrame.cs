using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;

namespace OpenOva.Relay.Pages.Frame;

/// <summary>What stands around a page.</summary>
/// <param name="Title">Of the page, for the window's title and the heading.</param>
internal sealed record PageFrame(string Title)
{
    /// <summary>Null where nobody is signed in.</summary>
    public Caller? Person { get; init; }

    /// <summary>What every form carries; empty where nobody is signed in.</summary>
    public string FormToken { get; init; } = "";

    /// <summary>The page's own path, which is marked among the links.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Scripts of this page, by their names among the assets.</summary>
    public IReadOnlyList<string> Scripts { get; init; } = [];

    /// <summary>The page is the person's screen: without head and foot.</summary>
    public bool IsScreen { get; init; }

    /// <summary>What was done with the form before, said once; empty: nothing.</summary>
    public string Done { get; init; } = "";

    /// <summary>Name for people; the pages show the person his own alone.</summary>
    public string PersonName => Person?.Profile.DisplayName ?? Person?.Profile.UserName ?? Person?.Subject ?? "";

    public IReadOnlyList<PageLink> Links => Person is { } person ? [.. PageLink.All.Where(link => person.Has(link.Roles))] : [];

    public static PageFrame Of(HttpContext context, string title, params IReadOnlyList<string> scripts) => new(title)
    {
        Person = context.Features.Get<CallerFeature>()?.Person,
        FormToken = context.Features.Get<BrowserFeature>()?.Secret.FormToken ?? "",
        Path = context.Request.Path,
        Scripts = scripts,
        Done = PageNotices.TextOf(context.Request.Query["done"]),
    };
}

/// <summary>A place that the head leads to, for those who may go there.</summary>
internal sealed record PageLink(string Path, string Text, CallerRoles Roles)
{
    public static IReadOnlyList<PageLink> All { get; } =
    [
        new("/", "Connections", CallerRoles.Operator | CallerRoles.Auditor | CallerRoles.Admin),
        new("/requests", "Requests", PageRoles.SeesRequests),
        new("/sessions", "Sessions", PageRoles.SeesSessions),
        new("/emergencies", "Emergencies", PageRoles.SeesEmergencies),
    ];
}

/// <summary>Who sees which pages: what the calls behind them admit.</summary>
internal static class PageRoles
{
    public const CallerRoles SeesRequests = CallerRoles.Operator | CallerRoles.Approver | CallerRoles.SecurityOfficer | CallerRoles.Auditor;
    public const CallerRoles SeesSessions = CallerRoles.Operator | CallerRoles.Approver | CallerRoles.SecurityOfficer | CallerRoles.Auditor | CallerRoles.Reviewer;
    public const CallerRoles EndsSessions = CallerRoles.SecurityOfficer | CallerRoles.Approver;
    public const CallerRoles SeesEmergencies = CallerRoles.Reviewer | CallerRoles.SecurityOfficer | CallerRoles.Auditor;
    public const CallerRoles ReadsRecordings = CallerRoles.Auditor | CallerRoles.Reviewer;
}

/// <summary>What a page says after a form was carried out. The address names the sentence, and cannot put one into the page.</summary>
internal static class PageNotices
{
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["requested"] = "The request was sent to the approvers.",
        ["approved"] = "Your approval was noted.",
        ["denied"] = "The request was denied.",
        ["revoked"] = "It was taken back. Sessions that rested on it end now.",
        ["terminated"] = "The session was ordered to end.",
        ["locked"] = "The person's input is dropped from now on; the recording goes on.",
        ["unlocked"] = "The person's input is forwarded again.",
        ["reviewed"] = "The review was noted.",
        ["rotated"] = "The change of the credential was noted.",
    };

    public static string TextOf(string? name) => name is not null && Texts.TryGetValue(name, out var text) ? text : "";
}
