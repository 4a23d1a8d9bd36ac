using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.Tests.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class TransferLogTests
{
    private readonly ManualTime _time = new();
    private readonly TransferLog _log;
    private int _ids;

    public TransferLogTests() => _log = new TransferLog("acme", "s", _time);

    [Fact]
    public void Notes_OfOrdinaryUse_AreTakenAtOnceAndOneByOne()
    {
        for (var i = 0; i < TransferLog.SinglesAMinute; i++) _log.Add(Note(size: i));

        Assert.Equal(Enumerable.Range(0, TransferLog.SinglesAMinute).Select(i => (1L, (long)i)), Take().Select(note => (note.Count, note.Size)));
    }

    [Fact]
    public void Notes_OfAFlood_AreAFewAndACountWhenTheMinuteIsOver()
    {
        for (var i = 0; i < 10_000; i++) _log.Add(Note(size: 2));
        _log.Add(Note(TransferOutcome.Refused));
        Assert.Equal(TransferLog.SinglesAMinute, Take().Count);
        Assert.Empty(Take());

        _time.Advance(TimeSpan.FromMinutes(1));

        var counts = Take().OrderBy(note => note.Count).ToList();
        Assert.Equal([(1L, 1L, TransferOutcome.Refused), (9_970, 19_940, TransferOutcome.Complete)], counts.Select(note => (note.Count, note.Size, note.Outcome)));
        // One alone keeps what is known of it; of several nothing stands for all.
        Assert.Equal(("name", "sha"), (counts[0].Name, counts[0].Sha256));
        Assert.Equal((null, null, null), (counts[1].Name, counts[1].Sha256, counts[1].Mimetype));
    }

    [Fact]
    public void Notes_OfTheNextMinute_AreSingleAgain()
    {
        for (var i = 0; i < 100; i++) _log.Add(Note());
        _time.Advance(TimeSpan.FromMinutes(1));
        Take();

        _log.Add(Note());

        Assert.Equal(1, Assert.Single(Take()).Count);
    }

    [Fact]
    public void Notes_OfASessionThatIsOver_AreAllDue()
    {
        for (var i = 0; i < 100; i++) _log.Add(Note());

        _log.Close();

        Assert.False(_log.IsDone);
        Assert.Equal(100, Take().Sum(note => note.Count));
        Assert.True(_log.IsDone);
    }

    [Fact]
    public void Notes_ThatCannotBeWritten_WaitBounded()
    {
        for (var minute = 0; minute < 100; minute++)
        {
            for (var i = 0; i < 100; i++) _log.Add(Note());
            _log.Take(Give);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.InRange(_log.Pending.Count, 200, 300);
        _log.Close();
        var written = Take().Sum(note => note.Count);
        Assert.Equal(10_000, written + Take().Sum(note => note.Count));
    }

    private List<TransferNote> Take()
    {
        _log.Take(Give);
        var taken = _log.Pending.Select(pending => pending.Note).ToList();
        _log.Pending.Clear();
        return taken;
    }

    private PendingNote Give(TransferNote note) => new($"{_ids++}", [], note);

    private static TransferNote Note(TransferOutcome outcome = TransferOutcome.Complete, long size = 1) =>
        new(TransferKind.Clipboard, TransferDirection.In, outcome, 0, "text/plain", "name", size, "sha", 1, 5, 6);
}
