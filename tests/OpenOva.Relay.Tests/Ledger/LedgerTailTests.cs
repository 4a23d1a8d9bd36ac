using System.Collections.Frozen;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class LedgerTailOnSqliteTests() : LedgerTailTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class LedgerTailOnPostgresTests() : LedgerTailTests(TestDatabaseKind.Postgres);

/// <summary>What a SIEM reads: every leaf once, in order, from where it says, and only while it may.</summary>
public abstract class LedgerTailTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private readonly SignOuts _signOuts = new();

    private LedgerTail Tail => new(Db, new CallerStanding(_signOuts, new IdentityOptions(), Time), Time);

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(250)]
    public async Task Tail_BrokenOffAfterAnyNumber_GoesOnWithoutGapOrDouble(int each)
    {
        await StageAsync("acme", 250);
        await StageAsync("globex", 3);
        await Sequencer("a").SequenceAsync(Cancellation);

        var read = new List<EventRow>();
        while (read.Count < 250)
        {
            var before = read.Count;
            await foreach (var row in Tail.ReadAsync(Siem(), read.Count, follow: false, Cancellation))
            {
                read.Add(row);
                if (read.Count - before == each) break;
            }
        }

        var leaves = await LeavesAsync("acme");
        Assert.Equal(leaves.Select(leaf => (leaf.Sequence, leaf.Id, leaf.Type, leaf.TimeUs)), read.Select(row => (row.Seq, row.Id, row.Type, row.TimeUs)));
        Assert.Equal(leaves.Select(leaf => leaf.Id), read.Select(row => LedgerLeaf.Parse(row.Leaf, "a leaf").Id));
    }

    [Fact]
    public async Task Tail_Following_GivesWhatIsNumberedLater()
    {
        var sequencer = Sequencer("a");
        await StageAsync("acme", 2);
        await sequencer.SequenceAsync(Cancellation);
        await using var following = Tail.ReadAsync(Siem(), 1, follow: true, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await BoundedAsync(following.MoveNextAsync().AsTask()));
        Assert.Equal(1, following.Current.Seq);
        var next = following.MoveNextAsync().AsTask();

        await StageAsync("acme", 1);
        await sequencer.SequenceAsync(Cancellation);

        Assert.True(await BoundedAsync(next));
        Assert.Equal(2, following.Current.Seq);
    }

    [Fact]
    public async Task Tail_TokenExpired_EndsWithinItsPage()
    {
        await StageAsync("acme", 150);
        await Sequencer("a").SequenceAsync(Cancellation);
        var read = 0;

        var refused = await Assert.ThrowsAsync<RelayException>(async () =>
        {
            await foreach (var _ in Tail.ReadAsync(Siem(), 0, follow: true, Cancellation))
            {
                if (++read == 1) Time.Advance(TimeSpan.FromMinutes(6));
            }
        });

        Assert.Equal((ErrorReason.TokenRefused, 100), (refused.Reason, read));
    }

    [Fact]
    public async Task Tail_SignedOutMeanwhile_EndsWithinItsPage()
    {
        await StageAsync("acme", 150);
        await Sequencer("a").SequenceAsync(Cancellation);
        var (read, caller) = (0, Siem());

        var refused = await Assert.ThrowsAsync<RelayException>(async () =>
        {
            await foreach (var _ in Tail.ReadAsync(caller, 0, follow: true, Cancellation))
            {
                if (++read == 1)
                    _signOuts.Note([new SignOut { Issuer = caller.Issuer, Subject = caller.Subject, BeforeUs = Time.GetUnixMicroseconds(), ExpiresUs = long.MaxValue }]);
            }
        });

        Assert.Equal((ErrorReason.TokenRefused, 100), (refused.Reason, read));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public async Task Tail_FromWhereNothingIs_SaysSo(long from)
    {
        await StageAsync("acme", 3);
        await StageAsync("globex", 9);
        await Sequencer("a").SequenceAsync(Cancellation);

        var refused = await Assert.ThrowsAsync<RelayException>(() => Tail.ReadAsync(Siem(), from, follow: true, Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync().AsTask());

        Assert.Equal((ErrorReason.InvalidArgument, "from_sequence"), (refused.Reason, refused.Details["field"]));
    }

    [Fact]
    public async Task Tail_RowDeletedFromTheTable_IsNotSkipped()
    {
        await StageAsync("acme", 5);
        await Sequencer("a").SequenceAsync(Cancellation);
        await Db.ExecuteAsync("DELETE FROM ledger_leaves WHERE organisation = 'acme' AND seq = 2", null, Cancellation);

        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (var row in Tail.ReadAsync(Siem(), 0, follow: false, Cancellation)) Assert.True(row.Seq < 2);
        });
    }

    private Caller Siem() => new()
    {
        Organisation = "acme",
        Issuer = "https://sso.test/realms/acme",
        Subject = "siem",
        Roles = CallerRoles.Job,
        TokenRoles = FrozenSet<string>.Empty,
        IssuedAt = Time.GetUtcNow().AddMinutes(-1),
        Expires = Time.GetUtcNow().AddMinutes(5),
    };
}
