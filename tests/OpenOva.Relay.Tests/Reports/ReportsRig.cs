using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Stamps;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Reports;
using OpenOva.Relay.Reports.Bundles;
using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.Reports.Pdf;
using OpenOva.Relay.Tests.Ledger;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>A clock that is set.</summary>
internal sealed class SetClock(long nowUs) : TimeProvider
{
    public long NowUs { get; set; } = nowUs;

    public override DateTimeOffset GetUtcNow() => RowClock.FromUnixMicroseconds(NowUs);
}

/// <summary>A renderer that does what it is told.</summary>
internal sealed class FakePdf : IReportPdf
{
    public Exception? Failure { get; set; }

    public Func<Task>? Meanwhile { get; set; }

    public int Rendered { get; private set; }

    public bool IsConfigured => true;

    public async Task<string> RenderAsync(string folder, IReadOnlyList<string> attachments, CancellationToken cancellation)
    {
        Rendered++;
        if (Meanwhile is { } meanwhile) await meanwhile();
        if (Failure is { } failure) throw failure;
        Assert.All(attachments.Append("report.html"), name => Assert.True(File.Exists(Path.Combine(folder, name)), name));
        var path = Path.Combine(folder, "report.pdf");
        await File.WriteAllTextAsync(path, "%PDF-1.7 fake", cancellation);
        return path;
    }
}

/// <summary>The slice on SQLite and a directory, without a host or a bus.</summary>
internal sealed class ReportsRig : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Leases _leases;
    private readonly LedgerStage _stage;
    private readonly LedgerSignal _signal = new();
    private readonly OutboxSignal _outboxSignal;
    private readonly LedgerSequencer _sequencer;
    private readonly ReplicaName _replica = new("relay-0", "relay-0/test");

    private ReportsRig()
    {
        Database = new RelayDatabase(new DatabaseOptions(), _folder.Path, Clock);
        Buckets = new ObjectStorageOptions();
        Store = new DirectoryObjectStore(Path.Combine(_folder.Path, "objects"), Buckets.Buckets, Clock);
        _leases = new Leases(Database);
        _outboxSignal = new OutboxSignal(Clock);
        _stage = new LedgerStage(new EventIds(Clock), Clock, _signal);
        _sequencer = new LedgerSequencer(Database, _leases, _signal, _replica, NullLogger<LedgerSequencer>.Instance);
        Keys = new OrganisationKeys(Path.Combine(_folder.Path, "keys"), Database, _stage, Clock, NullLogger<OrganisationKeys>.Instance);
        Checkpoints = new LedgerCheckpoints(Database, _stage, _sequencer, Keys, Store, Buckets, Clock, NullLogger<LedgerCheckpoints>.Instance);
        var outbox = new Outbox(new MessageTypes([new ConsumerRegistration("reports.make", typeof(MakeReport), typeof(ReportRequested), RelayRoles.Jobs)], []), _outboxSignal, new MessagingOptions());
        Persons = new Persons(new PersonAccounts(new IdentityOptions(), Clock, (_, _) => Task.CompletedTask), Clock);
        Requests = new ReportRequests(Database, _stage, outbox, Persons, Clock);
    }

    public SetClock Clock { get; } = new(LeafBook.StartUs);

    public RelayDatabase Database { get; }

    public ObjectStorageOptions Buckets { get; }

    public DirectoryObjectStore Store { get; }

    public OrganisationKeys Keys { get; }

    public LedgerCheckpoints Checkpoints { get; }

    public Persons Persons { get; }

    public ReportRequests Requests { get; }

    public SignOuts SignOuts { get; } = new();

    public FakePdf Pdf { get; } = new();

    public ReportsOptions Options { get; } = new() { MaxAttempts = 3 };

    public Catalogues Catalogues { get; } = new();

    public string Folder => _folder.Path;

    public static Caller Auditor(string organisation = LeafBook.Organisation, string subject = "auditor", CallerRoles roles = CallerRoles.Auditor) => new()
    {
        Organisation = organisation,
        Issuer = LeafBook.Issuer,
        Subject = subject,
        Roles = roles,
        TokenRoles = FrozenSet<string>.Empty,
        Expires = DateTimeOffset.MaxValue,
    };

    public static async Task<ReportsRig> StartAsync()
    {
        var rig = new ReportsRig();
        await new DatabaseMigrator(rig.Database, NullLogger<DatabaseMigrator>.Instance).MigrateAsync(CancellationToken.None);
        return rig;
    }

    /// <summary>Puts a book's events into the ledger.</summary>
    public async Task WriteAsync(LeafBook book)
    {
        foreach (var chunk in book.Events.Chunk(500))
        {
            await Database.TransactAsync(async transaction =>
            {
                foreach (var (type, timeUs, data) in chunk)
                {
                    Clock.NowUs = timeUs;
                    await _stage.AddAsync(transaction, LeafBook.Organisation, type, (JsonObject)data.DeepClone());
                }
            });
        }

        Clock.NowUs = book.NowUs;
        await _sequencer.SequenceAsync(CancellationToken.None);
    }

    /// <summary>A sealed recording in the store, of a session of <c>person-n</c>.</summary>
    public async Task PutRecordingAsync(int n)
    {
        var session = LeafBook.Id(n);
        var folder = $"acme/{session}/1";
        var stored = await Store.PutIfAbsentAsync(Buckets.RecordingsBucket, $"{folder}.guac.gz", "the object"u8.ToArray());
        var index = await Store.PutIfAbsentAsync(Buckets.RecordingsBucket, $"{folder}.index.json", "the index"u8.ToArray());
        var manifest = await Store.PutIfAbsentAsync(Buckets.EvidenceBucket, $"{folder}.manifest.jws", "the manifest"u8.ToArray());
        var row = new RecordingRow
        {
            Organisation = LeafBook.Organisation, Session = session, Epoch = 1, Bucket = Buckets.RecordingsBucket, EvidenceBucket = Buckets.EvidenceBucket,
            ObjectKey = stored.Key, ObjectVersion = stored.VersionId, IndexKey = index.Key, IndexVersion = index.VersionId,
            ManifestKey = manifest.Key, ManifestVersion = manifest.VersionId, ManifestSha256 = LeafBook.Manifest,
        };
        await Database.TransactAsync(transaction => RecordingQueries.InsertAsync(transaction, row));
        await Database.ExecuteAsync(
            """
            INSERT INTO sessions (organisation, id, connection, protocol, connection_digest, issuer, subject, recording_required, recording_opened, bucket,
            retention_days, state, decision_event, decision_sha256, epoch, opened_us, recorded_bytes, recovered)
            VALUES (@o, @session, 'ssh-db', 'ssh', '', @issuer, @subject, TRUE, TRUE, '', 1, 'SEALED', '', '', 1, 0, 0, FALSE)
            """,
            new { o = LeafBook.Organisation, session, issuer = LeafBook.Issuer, subject = $"person-{n}" });
    }

    public Task<ReportRow> RequestAsync(Caller caller, bool withRecordings) =>
        Requests.CreateAsync(caller, "sox", LeafBook.StartUs, LeafBook.StartUs + LeafBook.DayUs, withRecordings, null, CancellationToken.None);

    public Task<ReportRow> RequestAsync(bool withRecordings = false, string? requestId = null, long toUs = LeafBook.StartUs + LeafBook.DayUs) =>
        Requests.CreateAsync(Auditor(), "sox", LeafBook.StartUs, toUs, withRecordings, requestId, CancellationToken.None);

    public ReportMaker Maker(IObjectStore? store = null, IReportPdf? pdf = null) => new(
        Database, Checkpoints, Keys, store ?? Store, Buckets, Catalogues, new ReportPins(Database, Checkpoints, Options), new BundleRecordings(Database, Store, new RecordingReads(Database, _stage, Persons), Persons),
        pdf ?? Pdf, Options, _replica, Path.Combine(_folder.Path, "scratch"), Clock);

    /// <summary>Has the newest head stamped.</summary>
    public async Task StampAsync(ScriptedAuthority authority)
    {
        var options = new TimestampAuthorityOptions { Url = authority.Url, CaFile = authority.CaFile };
        using var stamps = new LedgerStamps(
            new TimestampClient(options), options, Database, _stage, _leases, _replica, Store, Buckets, Clock, NullLogger<LedgerStamps>.Instance);
        Assert.Equal(1, await stamps.LookAsync(CancellationToken.None));
    }

    /// <summary>Hands the message to the consumer once, as the bus would.</summary>
    public async Task DeliverAsync(ReportRow row)
    {
        var consumer = new MakeReport(Maker(), Database, _leases, _stage, Options, _replica, Clock, NullLogger<MakeReport>.Instance);
        var delivery = new Delivery<ReportRequested>(new ReportRequested(row.Organisation, row.ReportId), "message", row.Organisation, async (effect, cancellation) =>
        {
            await Database.TransactAsync(effect, cancellation);
            return true;
        });
        await consumer.ConsumeAsync(delivery, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(delivery.Completed);
    }

    public async Task<ReportRow> FindAsync(ReportRow row) =>
        await ReportQueries.FindAsync(Database, row.Organisation, row.ReportId, CancellationToken.None) ?? throw new InvalidOperationException("no such report");

    /// <summary>The bundle of a ready report, copied out of the store.</summary>
    public async Task<MemoryStream> BundleAsync(string key, IObjectStore? store = null)
    {
        await using var opened = await (store ?? Store).GetAsync(Buckets.EvidenceBucket, key);
        var bundle = new MemoryStream();
        await opened.Content.CopyToAsync(bundle);
        bundle.Position = 0;
        return bundle;
    }

    public async Task<SortedDictionary<string, byte[]>> FilesAsync(string key, IObjectStore? store = null)
    {
        var container = BundleContainer.Open(await BundleAsync(key, store));
        return new(container.Entries.ToDictionary(e => e.Name, e => container.ReadEntry(e.Name, 64 << 20)), StringComparer.Ordinal);
    }

    /// <summary>The types of the events in the organisation's ledger.</summary>
    public async Task<IReadOnlyList<string>> EventTypesAsync()
    {
        await _sequencer.SequenceAsync(CancellationToken.None);
        return await Database.QueryAsync<string>("SELECT type FROM ledger_leaves WHERE organisation = @o ORDER BY seq", new { o = LeafBook.Organisation });
    }

    public async ValueTask DisposeAsync()
    {
        Checkpoints.Dispose();
        _sequencer.Dispose();
        _signal.Dispose();
        _outboxSignal.Dispose();
        Keys.Dispose();
        Store.Dispose();
        await Database.DisposeAsync();
        _folder.Dispose();
    }
}
