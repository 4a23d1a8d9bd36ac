using OpenOva.Relay.Recordings;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Recordings;

[Trait("Kind", "Fast")]
public sealed class RecordingQueriesOnSqliteTests() : RecordingQueriesTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class RecordingQueriesOnPostgresTests() : RecordingQueriesTests(TestDatabaseKind.Postgres);

/// <summary>The recordings' statements, on the database itself.</summary>
public abstract class RecordingQueriesTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private static readonly RecordingRow Sealed = new()
    {
        Organisation = "acme",
        Session = "s1",
        Epoch = 3,
        Bucket = "guacamole-recordings",
        ObjectKey = "acme/2026/03/29/s1/3-s1.guac.gz",
        ObjectVersion = "v1",
        IndexKey = "acme/2026/03/29/s1/3-s1.index.json",
        IndexVersion = "v2",
        EvidenceBucket = "relay-evidence",
        ManifestKey = "acme/2026/03/29/s1/3-s1.manifest.jws",
        ManifestVersion = "v3",
        ManifestSha256 = "aa",
        RecordedBytes = 4711,
        ObjectBytes = 815,
        Recovered = true,
        RetentionUntilUs = 99,
        SealedUs = 55,
    };

    [Fact]
    public async Task Insert_TheSameSessionTwice_KeepsTheFirst()
    {
        Assert.True(await Db.TransactAsync(transaction => RecordingQueries.InsertAsync(transaction, Sealed), Cancellation));
        Assert.False(await Db.TransactAsync(
            transaction => RecordingQueries.InsertAsync(transaction, new RecordingRow { Organisation = "acme", Session = "s1", ManifestSha256 = "bb" }), Cancellation));

        Assert.Equivalent(Sealed, await RecordingQueries.FindAsync(Db, "acme", "s1", Cancellation), strict: true);
        Assert.Null(await RecordingQueries.FindAsync(Db, "globex", "s1", Cancellation));
    }

    [Fact]
    public async Task Verified_AgainAndAgain_IsTheLastVerdict()
    {
        await Db.TransactAsync(transaction => RecordingQueries.InsertAsync(transaction, Sealed), Cancellation);

        Assert.Equal(1, await Db.TransactAsync(transaction => RecordingQueries.VerifiedAsync(transaction, "acme", "s1", "aa", 60, true), Cancellation));
        Assert.Equal(1, await Db.TransactAsync(transaction => RecordingQueries.VerifiedAsync(transaction, "acme", "s1", "aa", 70, false), Cancellation));
        Assert.Equal(0, await Db.TransactAsync(transaction => RecordingQueries.VerifiedAsync(transaction, "globex", "s1", "aa", 80, true), Cancellation));
        Assert.Equal(0, await Db.TransactAsync(transaction => RecordingQueries.VerifiedAsync(transaction, "acme", "s1", "of a shorter one", 90, true), Cancellation));

        Assert.Equal(70, (await RecordingQueries.FindAsync(Db, "acme", "s1", Cancellation))!.VerifiedUs);
        Assert.False(await Db.ExecuteScalarAsync<bool>("SELECT verification_held FROM recordings", null, Cancellation));
    }

    [Fact]
    public async Task LiveDeleted_NotedTwice_CountsOnce()
    {
        await Db.TransactAsync(transaction => RecordingQueries.InsertAsync(transaction, Sealed), Cancellation);

        Assert.Equal(1, await Db.TransactAsync(transaction => RecordingQueries.LiveDeletedAsync(transaction, "acme", "s1", 60), Cancellation));
        Assert.Equal(0, await Db.TransactAsync(transaction => RecordingQueries.LiveDeletedAsync(transaction, "acme", "s1", 61), Cancellation));
    }

    [Fact]
    public async Task Subject_OfASession_IsToldToItsOrganisationAlone()
    {
        await Db.TransactAsync(
            transaction => SessionQueries.InsertAsync(transaction, new SessionRow { Organisation = "acme", Id = "s1", Issuer = "https://sso", Subject = "sub" }), Cancellation);

        var person = await RecordingQueries.SubjectAsync(Db, "acme", "s1", Cancellation);

        Assert.Equal(("https://sso", "sub"), (person!.Issuer, person.Subject));
        Assert.Null(await RecordingQueries.SubjectAsync(Db, "globex", "s1", Cancellation));
    }

    [Fact]
    public async Task View_Inserted_IsDatedByTheDatabase()
    {
        await Db.TransactAsync(transaction => RecordingQueries.InsertViewAsync(transaction, "acme", "s1", "https://sso", "sub", "index", [1], "audit"), Cancellation);

        Assert.Equal(1, await Db.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM recording_views WHERE session = 's1' AND part = 'index' AND viewed_us BETWEEN relay_now_us() - 60000000 AND relay_now_us()", null, Cancellation));
    }
}
