using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity;

/// <summary>Why an account stands for a person. The ledger keeps the names: they only grow.</summary>
internal static class AccountBasis
{
    /// <summary>Nothing says that it is anybody else's too.</summary>
    public const string Account = "account";

    /// <summary>Its token's <see cref="IssuerOptions.PersonClaim"/>.</summary>
    public const string Claim = "claim";

    /// <summary><see cref="IdentityOptions.AccountPersons"/>.</summary>
    public const string Configuration = "configuration";
}

/// <summary>An account was found to stand for a person whom other accounts may stand for too.</summary>
/// <param name="PersonId">Random: it says nothing of what was compared.</param>
/// <param name="Basis">One of <see cref="AccountBasis"/>.</param>
internal sealed record AccountMapping(string Organisation, string Issuer, string Subject, string PersonId, string Basis);

/// <summary>Keeps a mapping as evidence, in the transaction that makes it.</summary>
internal delegate Task RecordAccountMapping(RelayTransaction transaction, AccountMapping mapping);

/// <summary>
/// Which accounts are one person: those that share a value of their issuers' person claim, or of the configured list. An account that has stood for
/// a person stands for him for ever, whatever its tokens say later.
/// </summary>
internal sealed class PersonAccounts(IdentityOptions options, TimeProvider time, RecordAccountMapping record)
{
    private const int SecretBytes = 32;

    /// <summary>The person that an account stands for now, noted where it is new.</summary>
    /// <param name="key">What the account's token says; null where it says nothing, or where there is no token.</param>
    public async Task<string> PersonOfAsync(RelayTransaction transaction, string organisation, string issuer, string subject, string? key)
    {
        var account = new Account(organisation, issuer, subject);
        var known = (await transaction.QueryAsync<Mapped>(
            """
            SELECT person_id, basis FROM person_accounts WHERE organisation = @Organisation AND issuer = @Issuer AND subject = @Subject
            ORDER BY mapped_us, person_id
            """,
            account)).ToList();
        // Both where both say something: neither may hide the other.
        var claimed = key is null ? null : await LinkAsync(transaction, account, known, key, AccountBasis.Claim);
        var configured = options.AccountPersons.FirstOrDefault(entry => entry.Issuer == issuer && entry.Subject == subject) is { } entry
            ? await LinkAsync(transaction, account, known, entry.Person, AccountBasis.Configuration)
            : null;
        if ((configured ?? claimed) is { } person)
            return person;
        if (known.Count > 0)
            return known[^1].PersonId;
        var own = time.NewRowId();
        await MapAsync(transaction, account, own, AccountBasis.Account);
        return own;
    }

    /// <summary>Whether two accounts of an organisation have ever stood for one person.</summary>
    public static async Task<bool> AreOneAsync(RelayTransaction transaction, string organisation, (string Issuer, string Subject) one, (string Issuer, string Subject) other) =>
        one == other
        || await transaction.ExecuteScalarAsync<long>(
            """
            SELECT COUNT(*) FROM person_accounts a JOIN person_accounts b ON b.organisation = a.organisation AND b.person_id = a.person_id
            WHERE a.organisation = @organisation AND a.issuer = @issuer AND a.subject = @subject AND b.issuer = @otherIssuer AND b.subject = @otherSubject
            """,
            new { organisation, issuer = one.Issuer, subject = one.Subject, otherIssuer = other.Issuer, otherSubject = other.Subject }) > 0;

    private async Task<string> LinkAsync(RelayTransaction transaction, Account account, List<Mapped> known, string key, string basis)
    {
        var hash = Convert.ToHexStringLower(HMACSHA256.HashData(await SecretAsync(transaction, account.Organisation), Encoding.UTF8.GetBytes(key)));
        var person = await transaction.ExecuteScalarAsync<string>(
            "SELECT person_id FROM person_keys WHERE organisation = @Organisation AND key_hash = @hash", new { account.Organisation, hash });
        if (person is null)
        {
            // An account that was alone until now brings its person along; one that is somebody already does not become two by a changed value.
            person = known.Count > 0 && known.All(mapped => mapped.Basis == AccountBasis.Account) ? known[^1].PersonId : time.NewRowId();
            await transaction.ExecuteAsync(
                "INSERT INTO person_keys (organisation, key_hash, person_id) VALUES (@Organisation, @hash, @person)", new { account.Organisation, hash, person });
        }
        if (known.Any(mapped => mapped.PersonId == person && mapped.Basis != AccountBasis.Account))
            return person;
        await MapAsync(transaction, account, person, basis);
        known.Add(new Mapped { PersonId = person, Basis = basis });
        await record(transaction, new AccountMapping(account.Organisation, account.Issuer, account.Subject, person, basis));
        return person;
    }

    private Task<int> MapAsync(RelayTransaction transaction, Account account, string person, string basis) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO person_accounts (organisation, issuer, subject, person_id, basis, mapped_us)
            VALUES (@Organisation, @Issuer, @Subject, @person, @basis, @now)
            ON CONFLICT (organisation, issuer, subject, person_id) DO UPDATE SET basis = @basis
            """,
            new { account.Organisation, account.Issuer, account.Subject, person, basis, now = time.GetUnixMicroseconds() });

    private static async Task<byte[]> SecretAsync(RelayTransaction transaction, string organisation)
    {
        await transaction.ExecuteAsync(
            "INSERT INTO person_key_secrets (organisation, secret) VALUES (@organisation, @secret) ON CONFLICT (organisation) DO NOTHING",
            new { organisation, secret = RandomNumberGenerator.GetBytes(SecretBytes) });
        return (await transaction.ExecuteScalarAsync<byte[]>("SELECT secret FROM person_key_secrets WHERE organisation = @organisation", new { organisation }))!;
    }

    private sealed record Account(string Organisation, string Issuer, string Subject);

    private sealed class Mapped
    {
        public string PersonId { get; init; } = "";
        public string Basis { get; init; } = "";
    }
}
