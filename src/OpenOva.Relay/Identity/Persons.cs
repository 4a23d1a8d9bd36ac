using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity;

/// <summary>An account's clear fields as they stood at a time, with the salt that opens the commitment to the name.</summary>
internal sealed class PersonRow
{
    public string Organisation { get; init; } = "";
    public string Issuer { get; init; } = "";
    public string Subject { get; init; } = "";
    public long Version { get; init; }

    /// <summary>UUIDv7: the person that the account stands for, the same for all its versions.</summary>
    public string PersonId { get; init; } = "";
    public string DisplayName { get; init; } = "";
    public string UserName { get; init; } = "";
    public string Email { get; init; } = "";
    public byte[] Salt { get; init; } = [];
    public long FirstSeenUs { get; init; }

    /// <summary><c>H(salt ‖ UTF-8 display name)</c>, lower-case hex: what evidence may hold.</summary>
    public string Commitment => Convert.ToHexStringLower(SHA256.HashData([.. Salt, .. Encoding.UTF8.GetBytes(DisplayName)]));

    public override string ToString() => PersonId;

    /// <summary>The same row, of an account that stands for this person now.</summary>
    public PersonRow Of(string person) => person == PersonId
        ? this
        : new()
        {
            Organisation = Organisation, Issuer = Issuer, Subject = Subject, Version = Version, PersonId = person,
            DisplayName = DisplayName, UserName = UserName, Email = Email, Salt = Salt, FirstSeenUs = FirstSeenUs,
        };
}

/// <summary>The one erasable place of clear personal fields.</summary>
internal sealed class Persons(PersonAccounts accounts, TimeProvider time)
{
    private const int SaltBytes = 16;
    private const int MaximumTextLength = 400;

    /// <summary>
    /// Keeps what the caller's token says of the person, and gives the row that says it. Fields that were seen before write nothing; other
    /// ones make a new version with a salt of its own, because commitments to the old one stand in evidence.
    /// </summary>
    public async Task<PersonRow> RememberAsync(RelayTransaction transaction, Caller caller)
    {
        var person = await accounts.PersonOfAsync(transaction, caller.Organisation, caller.Issuer, caller.Subject, caller.Profile.PersonKey);
        var (display, user, email) = (Cut(caller.Profile.DisplayName ?? caller.Profile.UserName), Cut(caller.Profile.UserName), Cut(caller.Profile.Email));
        var known = await transaction.QueryAsync<PersonRow>(
            """
            SELECT organisation, issuer, subject, version, person_id, display_name, user_name, email, salt, first_seen_us
            FROM persons WHERE organisation = @Organisation AND issuer = @Issuer AND subject = @Subject ORDER BY version DESC
            """,
            new { caller.Organisation, caller.Issuer, caller.Subject });
        if (known.Any(row => row.PersonId != person))
            await transaction.ExecuteAsync(
                "UPDATE persons SET person_id = @person WHERE organisation = @Organisation AND issuer = @Issuer AND subject = @Subject",
                new { person, caller.Organisation, caller.Issuer, caller.Subject });
        if (known.FirstOrDefault(row => row.DisplayName == display && row.UserName == user && row.Email == email) is { } same)
            return same.Of(person);

        var now = time.GetUtcNow();
        var row = new PersonRow
        {
            Organisation = caller.Organisation,
            Issuer = caller.Issuer,
            Subject = caller.Subject,
            Version = known.Count == 0 ? 1 : known[0].Version + 1,
            PersonId = person,
            DisplayName = display,
            UserName = user,
            Email = email,
            Salt = RandomNumberGenerator.GetBytes(SaltBytes),
            FirstSeenUs = (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
        };
        await transaction.ExecuteAsync(
            """
            INSERT INTO persons (organisation, issuer, subject, version, person_id, display_name, user_name, email, salt, first_seen_us)
            VALUES (@Organisation, @Issuer, @Subject, @Version, @PersonId, @DisplayName, @UserName, @Email, @Salt, @FirstSeenUs)
            """,
            row);
        return row;
    }

    /// <summary>
    /// Whether something that an account did was the caller's own doing: a person, not an account. What the caller's token says of him counts from now
    /// on, before it is asked.
    /// </summary>
    public Task<bool> IsOwnAsync(RelayDatabase database, Caller caller, string issuer, string subject, CancellationToken cancellation)
    {
        if (caller.Issuer == issuer && caller.Subject == subject)
            return Task.FromResult(true);
        return database.TransactAsync(
            async transaction =>
            {
                await accounts.PersonOfAsync(transaction, caller.Organisation, caller.Issuer, caller.Subject, caller.Profile.PersonKey);
                await accounts.PersonOfAsync(transaction, caller.Organisation, issuer, subject, null);
                return await PersonAccounts.AreOneAsync(transaction, caller.Organisation, (caller.Issuer, caller.Subject), (issuer, subject));
            },
            cancellation);
    }

    /// <summary>The same where there is no token: of an account whose tokens said before what they say of the person.</summary>
    public Task<bool> IsOwnAsync(RelayDatabase database, string organisation, (string Issuer, string Subject) one, (string Issuer, string Subject) other, CancellationToken cancellation)
    {
        if (one == other)
            return Task.FromResult(true);
        return database.TransactAsync(
            async transaction =>
            {
                await accounts.PersonOfAsync(transaction, organisation, one.Issuer, one.Subject, null);
                await accounts.PersonOfAsync(transaction, organisation, other.Issuer, other.Subject, null);
                return await PersonAccounts.AreOneAsync(transaction, organisation, one, other);
            },
            cancellation);
    }

    // A token's text is as long as the identity provider likes; NUL is no text to PostgreSQL, nor is half a surrogate pair.
    private static string Cut(string? text)
    {
        if (text is null)
            return "";
        var length = Math.Min(text.Length, MaximumTextLength);
        if (length < text.Length && char.IsHighSurrogate(text[length - 1]))
            length--;
        return text[..length].Replace("\0", "", StringComparison.Ordinal);
    }
}
