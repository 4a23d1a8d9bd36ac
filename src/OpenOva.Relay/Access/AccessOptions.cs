using System.Text.RegularExpressions;
using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Access;

/// <summary>Section <c>Relay:Access</c>.</summary>
internal sealed class AccessOptions
{
    public const string Section = "Relay:Access";

    /// <summary>How long a request waits for a decision, at most until the time it asks for is over. Default 1 day; 1 minute to 30 days.</summary>
    public TimeSpan PendingLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How far ahead the time that is asked for may end. Default 30 days; 1 hour to 366 days.</summary>
    public TimeSpan Horizon { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Longest time that a request may ask for where neither connection nor policies say. Default 8 hours; 1 minute to 31 days.</summary>
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromHours(8);

    /// <summary>Requests of one account that may wait for a decision. Default 20; 1 to 1,000.</summary>
    public int MaxPending { get; set; } = 20;

    /// <summary>By organisation.</summary>
    public IDictionary<string, OrganisationAccess> Organisations { get; init; } = new Dictionary<string, OrganisationAccess>(StringComparer.Ordinal);

    public OrganisationAccess Of(string organisation) => Organisations.TryGetValue(organisation, out var found) ? found : OrganisationAccess.Default;
}

/// <summary>What one organisation asks of requests and reviews.</summary>
internal sealed class OrganisationAccess
{
    public static readonly OrganisationAccess Default = new();

    /// <summary>A regular expression that the whole ticket reference must match, such as <c>(CHG|INC)[0-9]{7}</c>. Empty: any text.</summary>
    public string TicketPattern { get; set; } = "";

    /// <summary>A request without a ticket reference is refused. Default false.</summary>
    public bool TicketRequired { get; set; }

    /// <summary>Where the ticket's state is asked for; null: nowhere.</summary>
    public TicketCheckOptions? TicketCheck { get; set; }

    /// <summary>IANA name of the zone that its business days are of. Default UTC.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Days, besides Saturday and Sunday, that are no business days: <c>yyyy-MM-dd</c>.</summary>
    public IList<string> Holidays { get; init; } = [];

    /// <summary>Where notices are sent; null: nowhere but to the bus.</summary>
    public WebhookOptions? Webhook { get; set; }
}

/// <summary>A GET that answers JSON with the ticket's state.</summary>
internal sealed class TicketCheckOptions
{
    /// <summary>With <c>{ticket}</c> where the reference goes, percent-encoded. https, or http on loopback.</summary>
    public string Url { get; set; } = "";

    /// <summary>File that holds a bearer token, read for each question. Empty: none is sent.</summary>
    public string TokenFile { get; set; } = "";

    /// <summary>JSON Pointer (RFC 6901) to the state in the answer. Default <c>/state</c>.</summary>
    public string StatePointer { get; set; } = "/state";

    /// <summary>States in which work is allowed, compared exactly. At least one.</summary>
    public IList<string> AllowedStates { get; init; } = [];

    /// <summary>Default 5 s; 100 ms to 1 minute.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A ticket system that does not answer refuses the request. Default true; false: the request is taken, and says that nobody answered.</summary>
    public bool RefuseUnanswered { get; set; } = true;
}

/// <summary>Signed POSTs, as https://www.standardwebhooks.com describes.</summary>
internal sealed class WebhookOptions
{
    /// <summary>https, or http on loopback.</summary>
    public string Url { get; set; } = "";

    /// <summary>File with the secret: <c>whsec_</c> and 24 to 64 bytes in base64. Read for each notice.</summary>
    public string SecretFile { get; set; } = "";

    /// <summary>Default 10 s; 100 ms to 1 minute.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);
}

internal sealed class ValidateAccessOptions() : OptionsRules<AccessOptions>(AccessOptions.Section)
{
    protected override void Check(AccessOptions options)
    {
        Between(nameof(options.PendingLifetime), options.PendingLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30), "1 minute to 30 days");
        Between(nameof(options.Horizon), options.Horizon, TimeSpan.FromHours(1), TimeSpan.FromDays(366), "1 hour to 366 days");
        Between(nameof(options.MaxDuration), options.MaxDuration, TimeSpan.FromMinutes(1), TimeSpan.FromDays(31), "1 minute to 31 days");
        Range(nameof(options.MaxPending), options.MaxPending, 1, 1_000);
        foreach (var (name, organisation) in options.Organisations) Check($"Organisations:{name}:", organisation);
    }

    private void Check(string prefix, OrganisationAccess organisation)
    {
        try
        {
            _ = new Regex(organisation.TicketPattern, RegexOptions.NonBacktracking);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            Fail(prefix + nameof(organisation.TicketPattern), "must be a regular expression without backreferences and lookarounds");
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(organisation.TimeZone, out _)) Fail(prefix + nameof(organisation.TimeZone), "must be an IANA time zone");
        foreach (var (index, day) in organisation.Holidays.Index())
        {
            if (!DateOnly.TryParseExact(day, "yyyy-MM-dd", out _)) Fail($"{prefix}{nameof(organisation.Holidays)}:{index}", "must be a day, yyyy-MM-dd");
        }

        if (organisation.TicketCheck is { } check) Check(prefix + "TicketCheck:", check);
        if (organisation.Webhook is not { } webhook) return;
        Address(prefix + "Webhook:Url", webhook.Url);
        if (webhook.SecretFile.Length == 0) Fail(prefix + "Webhook:SecretFile", "must name the file with the secret");
        FileReadable(prefix + "Webhook:SecretFile", webhook.SecretFile);
        Between(prefix + "Webhook:Timeout", webhook.Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "100 ms to 1 minute");
    }

    private void Check(string prefix, TicketCheckOptions check)
    {
        if (!check.Url.Contains("{ticket}", StringComparison.Ordinal)) Fail(prefix + "Url", "must hold {ticket}");
        Address(prefix + "Url", check.Url.Replace("{ticket}", "x", StringComparison.Ordinal));
        if (check.StatePointer.Length > 0 && check.StatePointer[0] != '/') Fail(prefix + "StatePointer", "must be a JSON Pointer, such as /state");
        if (check.AllowedStates.Count == 0) Fail(prefix + "AllowedStates", "must name at least one state");
        FileReadable(prefix + "TokenFile", check.TokenFile);
        Between(prefix + "Timeout", check.Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "100 ms to 1 minute");
    }

    private void Address(string key, string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)) || uri.UserInfo.Length > 0)
            Fail(key, "must be an https address without credentials, or http on loopback");
    }

    private void Between(string key, TimeSpan value, TimeSpan least, TimeSpan most, string range)
    {
        if (value < least || value > most) Fail(key, $"must be {range}");
    }
}
