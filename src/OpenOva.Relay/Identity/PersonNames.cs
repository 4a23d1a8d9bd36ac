using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity;

/// <summary>Names for people to read, from the one erasable place. What is erased, or was never seen, is told by the account's subject.</summary>
internal sealed class PersonNames(RelayDatabase database)
{
    public async Task<string> OfAsync(string organisation, string issuer, string subject, CancellationToken cancellation) =>
        await database.QuerySingleOrDefaultAsync<string>(
            """
            SELECT display_name FROM persons WHERE organisation = @organisation AND issuer = @issuer AND subject = @subject AND display_name <> ''
            ORDER BY version DESC LIMIT 1
            """,
            new { organisation, issuer, subject }, cancellation)
        ?? subject;

    /// <summary>The same for several, each asked for once.</summary>
    public async Task<IReadOnlyDictionary<(string Issuer, string Subject), string>> OfAsync(
        string organisation, IEnumerable<(string Issuer, string Subject)> accounts, CancellationToken cancellation)
    {
        var names = new Dictionary<(string, string), string>();
        foreach (var account in accounts.Distinct()) names[account] = await OfAsync(organisation, account.Issuer, account.Subject, cancellation);
        return names;
    }
}
