using OpenOva.Relay.Identity;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Identity;

[Trait("Kind", "Fast")]
public sealed class PersonAccountsOnSqliteTests() : PersonAccountsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class PersonAccountsOnPostgresTests() : PersonAccountsTests(TestDatabaseKind.Postgres);

public abstract class PersonAccountsTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private const string Staff = "https://sso.example/realms/acme-staff";
    private const string Admins = "https://sso.example/realms/acme-admins";
    private const string Number = "4711-EMPLOYEE";

    private readonly IdentityOptions _options = new();
    private readonly List<AccountMapping> _recorded = [];

    [Fact]
    public async Task PersonOf_SameValueInTwoRealms_IsOnePerson()
    {
        var staff = await PersonOfAsync(Staff, "ada", Number);
        var admin = await PersonOfAsync(Admins, "adm-ada", Number);
        var other = await PersonOfAsync(Admins, "adm-bob", "4712");

        Assert.Equal(staff, admin);
        Assert.NotEqual(staff, other);
        Assert.True(await AreOneAsync((Staff, "ada"), (Admins, "adm-ada")));
        Assert.False(await AreOneAsync((Staff, "ada"), (Admins, "adm-bob")));
        Assert.Equal([(Staff, "ada", staff, "claim"), (Admins, "adm-ada", staff, "claim"), (Admins, "adm-bob", other, "claim")], Recorded);
    }

    [Fact]
    public async Task PersonOf_SameValueInAnotherOrganisation_IsAnotherPerson() =>
        Assert.NotEqual(await PersonOfAsync(Staff, "ada", Number), await PersonOfAsync(Staff, "ada", Number, "globex"));

    [Fact]
    public async Task PersonOf_AccountsWithoutValue_AreEachTheirOwnAndNotRecorded()
    {
        var ada = await PersonOfAsync(Staff, "ada", null);

        Assert.Equal(ada, await PersonOfAsync(Staff, "ada", null));
        Assert.NotEqual(ada, await PersonOfAsync(Admins, "ada", null));
        Assert.False(await AreOneAsync((Staff, "ada"), (Admins, "ada")));
        Assert.Empty(_recorded);
    }

    [Fact]
    public async Task PersonOf_ValueThatComesLater_BringsTheAccountsPersonsTogether()
    {
        var staff = await PersonOfAsync(Staff, "ada", null);
        await PersonOfAsync(Admins, "adm-ada", null);

        // The first to show the value keeps its person, under which older rows know it.
        Assert.Equal(staff, await PersonOfAsync(Staff, "ada", Number));
        Assert.Equal(staff, await PersonOfAsync(Admins, "adm-ada", Number));
        Assert.True(await AreOneAsync((Admins, "adm-ada"), (Staff, "ada")));
    }

    [Fact]
    public async Task PersonOf_ValueChangedOrDropped_DoesNotMakeTwoOfOne()
    {
        await PersonOfAsync(Staff, "ada", Number);
        var before = await PersonOfAsync(Admins, "adm-ada", Number);

        var dropped = await PersonOfAsync(Admins, "adm-ada", null);
        Assert.Equal(before, dropped);
        var changed = await PersonOfAsync(Admins, "adm-ada", "9999");
        Assert.NotEqual(before, changed);
        Assert.True(await AreOneAsync((Admins, "adm-ada"), (Staff, "ada")));

        // Nor does the new value pull in the person of the old one's other accounts.
        await PersonOfAsync(Staff, "niner", "9999");
        Assert.True(await AreOneAsync((Admins, "adm-ada"), (Staff, "niner")));
        Assert.False(await AreOneAsync((Staff, "ada"), (Staff, "niner")));
    }

    [Fact]
    public async Task PersonOf_ConfiguredAccount_IsThePersonOfTheValue()
    {
        _options.AccountPersons.Add(new AccountPerson { Issuer = Admins, Subject = "root-7", Person = Number });
        await PersonOfAsync(Staff, "ada", Number);

        await PersonOfAsync(Admins, "root-7", null);

        Assert.True(await AreOneAsync((Staff, "ada"), (Admins, "root-7")));
        Assert.Equal("configuration", _recorded[^1].Basis);

        // What the token says beside it hides nothing.
        await PersonOfAsync(Admins, "root-7", "5000");
        await PersonOfAsync(Staff, "bob", "5000");
        Assert.True(await AreOneAsync((Staff, "ada"), (Admins, "root-7")));
        Assert.True(await AreOneAsync((Staff, "bob"), (Admins, "root-7")));
    }

    [Fact]
    public async Task PersonOf_Again_RecordsNothingTwice()
    {
        for (var i = 0; i < 3; i++) await PersonOfAsync(Staff, "ada", Number);

        Assert.Single(_recorded);
    }

    [Fact]
    public async Task PersonOf_Value_StandsNowhereInClear()
    {
        await PersonOfAsync(Staff, "ada", Number);

        foreach (var table in new[] { "person_accounts", "person_keys", "person_key_secrets", "persons" })
            Assert.DoesNotContain(
                await Db.QueryAsync<object>($"SELECT * FROM {table}", null, Cancellation),
                row => ((IDictionary<string, object>)row).Values.Any(value => value?.ToString()!.Contains("4711", StringComparison.Ordinal) == true));
        Assert.DoesNotContain(_recorded, mapping => mapping.ToString().Contains("4711", StringComparison.Ordinal));

        // Nor can it be guessed from another organisation's hash of it.
        await PersonOfAsync(Staff, "ada", Number, "globex");
        Assert.Equal(2L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(DISTINCT key_hash) FROM person_keys", null, Cancellation));
    }

    [Fact]
    public async Task PersonOf_ManyAtOnce_AgreeOnOnePerson()
    {
        var persons = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PersonOfAsync(Staff, $"account-{i}", Number)));

        Assert.Single(persons.Distinct());
    }

    [Fact]
    public async Task IsOwn_ByWhicheverAccount_IsTheSameDoing()
    {
        var persons = new Persons(Accounts(), Time);
        await PersonOfAsync(Staff, "ada", Number);

        Assert.True(await persons.IsOwnAsync(Db, Caller(Staff, "ada", null), Staff, "ada", Cancellation));
        Assert.True(await persons.IsOwnAsync(Db, Caller(Admins, "adm-ada", Number), Staff, "ada", Cancellation));
        Assert.False(await persons.IsOwnAsync(Db, Caller(Admins, "adm-bob", "4712"), Staff, "ada", Cancellation));
        Assert.False(await persons.IsOwnAsync(Db, Caller(Admins, "ada", null), Staff, "ada", Cancellation));
        // He has once been seen as that person: a token that does not say so any more changes nothing.
        Assert.True(await persons.IsOwnAsync(Db, Caller(Admins, "adm-ada", null), Staff, "ada", Cancellation));
    }

    private IEnumerable<(string, string, string, string)> Recorded => _recorded.Select(m => (m.Issuer, m.Subject, m.PersonId, m.Basis));

    private PersonAccounts Accounts() => new(_options, Time, (transaction, mapping) =>
    {
        transaction.AfterCommit(() => _recorded.Add(mapping));
        return Task.CompletedTask;
    });

    private Task<string> PersonOfAsync(string issuer, string subject, string? key, string organisation = "acme") =>
        Db.TransactAsync(transaction => Accounts().PersonOfAsync(transaction, organisation, issuer, subject, key), Cancellation);

    private Task<bool> AreOneAsync((string, string) one, (string, string) other) =>
        Db.TransactAsync(transaction => PersonAccounts.AreOneAsync(transaction, "acme", one, other), Cancellation);

    private static Caller Caller(string issuer, string subject, string? key) => new()
    {
        Organisation = "acme",
        Issuer = issuer,
        Subject = subject,
        Roles = CallerRoles.Auditor,
        TokenRoles = [],
        Expires = DateTimeOffset.UnixEpoch,
        Profile = CallerProfile.Empty with { PersonKey = key },
    };
}
