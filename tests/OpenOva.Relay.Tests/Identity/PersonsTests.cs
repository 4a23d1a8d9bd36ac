using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Identity;

[Trait("Kind", "Fast")]
public sealed class PersonsOnSqliteTests() : PersonsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class PersonsOnPostgresTests() : PersonsTests(TestDatabaseKind.Postgres);

public abstract class PersonsTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private static readonly Caller Ada = new()
    {
        Organisation = "acme",
        Issuer = "https://sso.example/realms/acme",
        Subject = "f3c9a1",
        Roles = CallerRoles.Operator,
        TokenRoles = FrozenSet<string>.Empty,
        Expires = DateTimeOffset.UnixEpoch,
        Profile = new CallerProfile("Ada Lovelace", "ada", "ada@acme.example"),
    };

    [Fact]
    public async Task Remember_SameFieldsAgain_GivesTheSameRow()
    {
        var first = await RememberAsync(Ada);
        var second = await RememberAsync(Ada);

        Assert.Equal((first.PersonId, first.Version, first.Commitment), (second.PersonId, second.Version, second.Commitment));
        Assert.Equal(1L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM persons", null, Cancellation));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. first.Salt, .. Encoding.UTF8.GetBytes("Ada Lovelace")])), first.Commitment);
        Assert.Equal(16, first.Salt.Length);
    }

    [Fact]
    public async Task Remember_NewName_KeepsTheOldSaltForWhatEvidenceHolds()
    {
        var before = await RememberAsync(Ada);
        var after = await RememberAsync(Ada with { Profile = Ada.Profile with { DisplayName = "Ada King" } });
        var again = await RememberAsync(Ada);

        Assert.Equal((before.PersonId, 2L), (after.PersonId, after.Version));
        Assert.NotEqual(before.Salt, after.Salt);
        Assert.Equal((before.Version, before.Commitment), (again.Version, again.Commitment));
    }

    [Fact]
    public async Task Remember_SameSubjectElsewhere_IsAnotherPerson()
    {
        var ada = await RememberAsync(Ada);

        Assert.NotEqual(ada.PersonId, (await RememberAsync(Ada with { Organisation = "globex" })).PersonId);
        Assert.NotEqual(ada.PersonId, (await RememberAsync(Ada with { Issuer = "https://sso.example/realms/other" })).PersonId);
    }

    [Fact]
    public async Task Remember_NothingToSayOrTooMuch_IsStored()
    {
        Assert.Equal("", (await RememberAsync(Ada with { Profile = CallerProfile.Empty })).DisplayName);
        Assert.Equal(399, (await RememberAsync(Ada with { Profile = new CallerProfile("\0" + new string('x', 500), null, null) })).DisplayName.Length);
    }

    private Task<PersonRow> RememberAsync(Caller caller) =>
        Db.TransactAsync(transaction => new Persons(new PersonAccounts(new IdentityOptions(), Time, (_, _) => Task.CompletedTask), Time).RememberAsync(transaction, caller), Cancellation);
}
