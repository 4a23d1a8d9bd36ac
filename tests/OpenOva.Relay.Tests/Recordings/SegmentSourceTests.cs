using System.Text;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Recordings;

/// <summary>What sealing reads back: from the spool, and from the live pieces when the spool is gone.</summary>
[Trait("Kind", "Fast")]
public sealed class SegmentSourceTests : IDisposable
{
    private const string Bucket = "evidence";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-segments-");
    private readonly ShiftedTime _time = new();
    private readonly P256SigningKey _sessionKey = P256SigningKey.Create();
    private readonly P256SigningKey _serviceKey = P256SigningKey.Create();
    private readonly RecordingDescriptor _descriptor;
    private readonly SpoolLog _spool;
    private readonly DirectoryObjectStore _store;
    private readonly List<(SegmentHeader Header, byte[] Raw)> _emitted = [];
    private SessionRecorder? _recorder;
    private string _head = "";

    public SegmentSourceTests()
    {
        var digest = new string('a', 64);
        _descriptor = new()
        {
            Organisation = "acme", Session = Guid.CreateVersion7().ToString("D"), Epoch = 3, OpenedUs = 1_790_000_000_000_000, Connection = new("ssh-db", "ssh", digest),
            Subject = new("https://issuer", "olivia"), Decision = new("d", digest), Opening = new("o", digest), SessionKey = _sessionKey.PublicKey,
            SoftwareVersion = "1", SoftwareSha256 = digest, Bucket = "recordings", RetentionDays = 0, BootId = "",
        };
        _spool = new SpoolLog(new DirectorySpoolFolder(Path.Combine(_folder.FullName, "spool")), _time);
        _store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), [Bucket], _time);
    }

    [Fact]
    public async Task Spool_NothingButUnrecordedAfterTheLastSegment_IsCountedByALastHeader()
    {
        var recorder = Recorder();
        recorder.Write(FullSegment());
        recorder.Write(Batch((InstructionClass.Nop, "3.nop;")));
        recorder.End(new("CLIENT_LEFT", 0));

        var replay = await ReplayAsync(new SpoolSource(_spool, recorder.Session));

        Assert.Null(replay.ServiceFrom);
        Assert.Equal(2, _emitted.Count);
        Assert.Equal(new Tally(1, 6), _emitted[^1].Header.Classes["nop"]);
        Assert.Equal(replay.Totals[InstructionClass.Nop], _emitted[^1].Header.Classes["nop"]);
    }

    [Fact]
    public async Task Spool_CutAfterUnrecorded_IsCountedByTheServicesHeader()
    {
        var recorder = Recorder();
        recorder.Write(FullSegment());
        recorder.Write(Batch((InstructionClass.Nop, "3.nop;")));

        var replay = await ReplayAsync(new SpoolSource(_spool, recorder.Session));

        Assert.Equal(1, replay.ServiceFrom);
        Assert.Equal(replay.Totals[InstructionClass.Nop], _emitted[^1].Header.Classes["nop"]);
    }

    [Fact]
    public async Task LivePieces_Whole_AreTheRecording()
    {
        await RecordAsync(segments: 3);

        var replay = await ReplayAsync(Live());

        Assert.Equal(3, _emitted.Count);
        Assert.All(_emitted, e => Assert.Equal(SegmentSigner.Session, e.Header.Signer));
        Assert.Empty(replay.Gaps);
        Assert.Equal((3L, replay.Totals.Recorded.Bytes), (replay.ServiceFrom, _emitted.Sum(e => e.Raw.LongLength)));
    }

    [Fact]
    public async Task LivePieces_None_AreOneEmptySegmentOfTheService()
    {
        var replay = await ReplayAsync(Live());

        var (header, raw) = Assert.Single(_emitted);
        Assert.Equal((SegmentSigner.Service, 0), (header.Signer, raw.Length));
        Assert.Empty(replay.Gaps);
    }

    [Fact]
    public async Task LivePieces_OneMissing_EndBeforeItAndDeclareTheRest()
    {
        await RecordAsync(segments: 3, put: [0, 2]);

        var replay = await ReplayAsync(Live());

        Assert.Single(_emitted);
        Assert.StartsWith("1 live pieces were not taken", Assert.Single(replay.Gaps).Reason, StringComparison.Ordinal);
        Assert.Equal(replay.Totals.Recorded.Bytes, _emitted[0].Raw.LongLength);
    }

    [Theory]
    [InlineData("another key")]
    [InlineData("other bytes")]
    [InlineData("no piece")]
    public async Task LivePieces_TailPlantedByWhoCanWriteToTheStore_IsNotTaken(string how)
    {
        await RecordAsync(segments: 2);
        var key = RecordingKeys.Of(_descriptor).LiveSegment(2);
        await _store.PutIfAbsentAsync(Bucket, key, how == "no piece" ? "rubbish"u8.ToArray() : Planted(2, _head, how == "other bytes").Encode(), null, default);

        var replay = await ReplayAsync(Live());

        Assert.Equal(2, _emitted.Count);
        Assert.Single(replay.Gaps);
        Assert.Equal(replay.Totals.Recorded.Bytes, _emitted.Sum(e => e.Raw.LongLength));
    }

    [Fact]
    public async Task LivePieces_FirstPlanted_LeaveNothingOfItInTheRecording()
    {
        await _store.PutIfAbsentAsync(Bucket, RecordingKeys.Of(_descriptor).LiveSegment(0), Planted(0, _descriptor.Opening.Sha256, otherBytes: true).Encode(), null, default);

        var replay = await ReplayAsync(Live());

        Assert.Empty(Assert.Single(_emitted).Raw);
        Assert.Equal(default, replay.Totals.Recorded);
        Assert.Single(replay.Gaps);
    }

    public void Dispose()
    {
        _recorder?.Dispose();
        _spool.Dispose();
        _store.Dispose();
        _sessionKey.Dispose();
        _serviceKey.Dispose();
        _folder.Delete(recursive: true);
    }

    // It takes the session's key with it when it is disposed of: at the end.
    private SessionRecorder Recorder() => _recorder = new(_descriptor, _sessionKey, _spool, _time, _ => { });

    private LiveSource Live() => new(new LostRecording(_descriptor, null, null, ""), _store, Bucket);

    // What the recorder's own uploads put.
    private async Task RecordAsync(int segments, int[]? put = null)
    {
        var recorder = Recorder();
        for (var i = 0; i < segments; i++) recorder.Write(FullSegment());
        recorder.End(new("CLIENT_LEFT", 0));
        await ReplayAsync(new SpoolSource(_spool, recorder.Session), async (number, piece) =>
        {
            _head = Jws.Parse(piece.Header, JwsTypes.Segment, "test").Digest;
            if (put?.Contains(number) != false)
                await _store.PutIfAbsentAsync(Bucket, RecordingKeys.Of(_descriptor).LiveSegment(number), piece.Encode(), null, default);
        });
        _emitted.Clear();
    }

    // A piece that would follow. Signed by a stranger, or by the session's own key for other bytes than it carries.
    private LivePiece Planted(int number, string previous, bool otherBytes)
    {
        using var stranger = P256SigningKey.Create();
        using var segments = new SegmentBuilder(_descriptor.Organisation, _descriptor.Session, _descriptor.Epoch, previous);
        var raw = Encoding.ASCII.GetBytes("4.sync,1.7;");
        segments.Append(raw, 1, 7, 7, 0);
        segments.Totals.Add(InstructionClass.Sync, 1, raw.Length);
        var compact = Jws.Sign(JwsTypes.Segment, (segments.Close(otherBytes ? _sessionKey : stranger, 1).Header with { Number = number }).ToJson(), otherBytes ? _sessionKey : stranger).Compact;
        return new LivePiece(compact, otherBytes ? Encoding.ASCII.GetBytes("4.sync,1.8;") : raw);
    }

    private Task<ReplayedSession> ReplayAsync(ISegmentSource source) => ReplayAsync(source, (_, _) => Task.CompletedTask);

    private Task<ReplayedSession> ReplayAsync(ISegmentSource source, Func<int, LivePiece, Task> each) => source.ReplayAsync(
        _serviceKey,
        async (compact, raw) =>
        {
            await each(_emitted.Count, new LivePiece(compact, raw.ToArray()));
            _emitted.Add((SegmentHeader.Parse(Jws.Parse(compact, JwsTypes.Segment, "test"), "test"), raw.ToArray()));
        },
        TestContext.Current.CancellationToken);

    private static InstructionBatch FullSegment()
    {
        var blob = $"4.blob,1.1,60000.{new string('x', 60_000)};";
        return Batch([.. Enumerable.Repeat((InstructionClass.Image, blob), 1 + SegmentBuilder.TargetRawBytes / blob.Length), (InstructionClass.Sync, "4.sync,1.7;")]);
    }

    private static InstructionBatch Batch(params (InstructionClass Class, string Raw)[] instructions)
    {
        var batch = new InstructionBatch();
        foreach (var (c, raw) in instructions) batch.Add(c, Encoding.ASCII.GetBytes(raw), c == InstructionClass.Sync ? 7 : null);
        return batch;
    }
}
