using OpenOva.Relay.Access;

namespace OpenOva.Relay.Tests.Access;

[Trait("Kind", "Fast")]
public sealed class AccessOptionsTests
{
    [Fact]
    public void Options_AsTheyComeAndInFull_AreGood()
    {
        Assert.Empty(Failures(new AccessOptions()));
        Assert.Empty(Failures(Of(new OrganisationAccess
        {
            TicketPattern = "CHG[0-9]+", TimeZone = "Europe/Berlin", Holidays = { "2026-12-25" },
            TicketCheck = new TicketCheckOptions { Url = "https://tickets.example/{ticket}", AllowedStates = { "open" } },
            Webhook = new WebhookOptions { Url = "https://hooks.example/relay", SecretFile = typeof(AccessOptionsTests).Assembly.Location },
        })));
    }

    [Fact]
    public void Options_Odd_AreNamedOneByOne()
    {
        var failures = Failures(Of(new OrganisationAccess
        {
            TicketPattern = @"(a)\1", TimeZone = "Mars/Olympus", Holidays = { "25.12.2026" },
            TicketCheck = new TicketCheckOptions { Url = "http://tickets.example/", StatePointer = "state" },
            Webhook = new WebhookOptions { Url = "https://user:secret@hooks.example/", Timeout = TimeSpan.Zero },
        }));

        string[] keys =
        [
            "TicketPattern", "TimeZone", "Holidays:0", "TicketCheck:Url", "TicketCheck:Url", "TicketCheck:StatePointer", "TicketCheck:AllowedStates", "Webhook:Url",
            "Webhook:SecretFile", "Webhook:Timeout",
        ];
        Assert.Equal(keys.Select(key => $"Relay:Access:Organisations:acme:{key}"), failures.Select(failure => failure.Split(' ')[0]));
        Assert.DoesNotContain(failures, failure => failure.Contains("secret@", StringComparison.Ordinal));
    }

    private static AccessOptions Of(OrganisationAccess organisation) => new() { Organisations = new Dictionary<string, OrganisationAccess> { ["acme"] = organisation } };

    private static IEnumerable<string> Failures(AccessOptions options) => new ValidateAccessOptions().Validate(null, options).Failures ?? [];
}
