using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Ledger;

namespace OpenOva.Relay.Tests.Recordings;

[Trait("Kind", "Fast")]
public sealed class DeleteLivePiecesTests() : LedgerFixture(TestDatabaseKind.Sqlite)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-pieces-");

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Delete_BrokenOffBeforeItsEventThenTwice_TellsOnceOfAllPieces()
    {
        var buckets = new ObjectStorageOptions();
        using var store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), buckets.Buckets, Time);
        for (var n = 0; n < 3; n++) await store.PutIfAbsentAsync(buckets.EvidenceBucket, $"live/acme/2026/03/29/s1/3-{n:D8}.seg", new byte[] { 1 });
        var row = new RecordingRow { Organisation = "acme", Session = "s1", Epoch = 3, ObjectKey = "acme/2026/03/29/s1/3-s1.guac.gz", EvidenceBucket = buckets.EvidenceBucket };
        await Db.TransactAsync(transaction => RecordingQueries.InsertAsync(transaction, row), Cancellation);
        var pieces = new DeleteLivePieces(store, Db, Stage, Time);

        await Assert.ThrowsAsync<IOException>(() => pieces.ConsumeAsync(Delivery((_, _) => throw new IOException("the process died here")), Cancellation));
        await pieces.ConsumeAsync(Delivery(CompleteAsync), Cancellation);
        await pieces.ConsumeAsync(Delivery(CompleteAsync), Cancellation);

        await Sequencer("a").SequenceAsync(Cancellation);
        var told = Assert.Single(await LeavesAsync("acme"));
        Assert.Equal((LedgerEventTypes.RecordingLiveDeleted, 3), (told.Type, told.Data.Int64("pieces")));
        await foreach (var left in store.ListAsync(buckets.EvidenceBucket, "live/", Cancellation)) Assert.Fail($"{left.Key} is left");
    }

    /// <summary>Evidence that may be all there is: the sealed object did not hold, or not all pieces are in it.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Delete_OfPiecesThatTheSealedObjectDoesNotStandFor_DeletesNone(bool held, bool kept)
    {
        var buckets = new ObjectStorageOptions();
        using var store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), buckets.Buckets, Time);
        await store.PutIfAbsentAsync(buckets.EvidenceBucket, "live/acme/2026/03/29/s1/3-00000000.seg", new byte[] { 1 });
        var row = new RecordingRow
        {
            Organisation = "acme", Session = "s1", Epoch = 3, ObjectKey = "acme/2026/03/29/s1/3-s1.guac.gz", EvidenceBucket = buckets.EvidenceBucket, LiveKept = kept, VerifiedUs = 1,
        };
        await Db.TransactAsync(transaction => RecordingQueries.InsertAsync(transaction, row), Cancellation);
        var pieces = new DeleteLivePieces(store, Db, Stage, Time);

        await pieces.ConsumeAsync(Delivery(CompleteAsync, held), Cancellation);
        if (kept) await pieces.DeleteLateAsync(row, Cancellation);

        Assert.NotNull(await store.HeadAsync(buckets.EvidenceBucket, "live/acme/2026/03/29/s1/3-00000000.seg", Cancellation));
        Assert.Equal(0L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM ledger_staged", null, Cancellation));
    }

    private async Task<bool> CompleteAsync(Func<OpenOva.Relay.Database.RelayTransaction, Task> effect, CancellationToken cancellation)
    {
        await Db.TransactAsync(effect, cancellation);
        return true;
    }

    private static Delivery<RecordingVerified> Delivery(Func<Func<OpenOva.Relay.Database.RelayTransaction, Task>, CancellationToken, Task<bool>> complete, bool held = true) =>
        new(new RecordingVerified("acme", "s1", held, 1), "message", "acme", complete);
}
