using System.Reflection;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Reports;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Reports;

[Trait("Kind", "Fast")]
public sealed class ReportsGrpcServiceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Calls_AllOfThem_AuditorAndJobOnly()
    {
        var calls = typeof(ReportService.ReportServiceBase).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(m => m.Name).ToList();

        Assert.Equal(6, calls.Count);
        Assert.All(calls, name =>
        {
            var allow = typeof(ReportsGrpcService).GetMethod(name)!.GetCustomAttribute<AllowAttribute>();
            Assert.Equal((CallerRoles.Auditor | CallerRoles.Job, CallerRoles.None), (allow!.Roles, allow.Own));
        });
    }

    [Fact]
    public async Task ListFrameworks_Asked_NamesSoxWithItsCatalogue()
    {
        await using var rig = await ReportsRig.StartAsync();

        var framework = Assert.Single((await Door(rig).ListFrameworks(new(), Mine())).Frameworks);

        Assert.Equal(("sox", rig.Catalogues.Find("sox")!.CatalogueVersion), (framework.Id, framework.CatalogueVersion));
    }

    [Theory]
    [InlineData("framework")]
    [InlineData("from_us")]
    [InlineData("to_us")]
    [InlineData("request_id")]
    [InlineData("recordings")]
    public async Task Create_FieldOutOfRange_NamedInTheError(string field)
    {
        await using var rig = await ReportsRig.StartAsync();
        var request = Wanted();
        switch (field)
        {
            case "framework": request.Framework = "basel"; break;
            case "from_us": request.FromUs = -1; break;
            case "to_us": request.ToUs = request.FromUs; break;
            case "request_id": request.RequestId = new string('x', 101); break;
            default: request.Recordings = (RecordingSelection)9; break;
        }

        var refused = await Assert.ThrowsAsync<RelayException>(() => Door(rig).Create(request, Mine()));

        Assert.Equal((ErrorReason.InvalidArgument, field), (refused.Reason, refused.Details["field"]));
    }

    [Fact]
    public async Task Calls_OfAnotherOrganisation_SeeNothing()
    {
        await using var rig = await ReportsRig.StartAsync();
        var door = Door(rig);
        var id = (await door.Create(Wanted(), Mine())).Report.ReportId;
        var foreign = new FakeCall(ReportsRig.Auditor("globex"));

        Assert.Empty((await door.List(new(), foreign)).Reports);
        await Refused(() => door.Get(new() { ReportId = id }, foreign));
        await Refused(() => door.Watch(new() { ReportId = id }, new KeptStream<ReportServiceWatchResponse>(), foreign));
        await Refused(() => door.Download(new() { ReportId = id, Purpose = "audit" }, new KeptStream<ReportServiceDownloadResponse>(), foreign));
        Assert.NotEqual(id, (await door.Create(Wanted("same"), foreign)).Report.ReportId);
        Assert.Equal(id, (await door.Get(new() { ReportId = id }, Mine())).Report.ReportId);
    }

    [Fact]
    public async Task List_Paged_NewestFirstEachOnce()
    {
        await using var rig = await ReportsRig.StartAsync();
        var door = Door(rig);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            // Two at each moment, so that the id decides.
            rig.Clock.NowUs += i % 2 * 1000;
            ids.Add((await door.Create(Wanted(), Mine())).Report.ReportId);
        }

        var listed = new List<string>();
        var token = "";
        do
        {
            var page = await door.List(new() { PageSize = 2, PageToken = token }, Mine());
            listed.AddRange(page.Reports.Select(r => r.ReportId));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(ids.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.Contains(listed[0], ids[^2..]);
        await Assert.ThrowsAsync<RelayException>(() => door.List(new() { PageToken = "zz" }, Mine()));
    }

    [Fact]
    public async Task Watch_ReportBeingMade_TellsEachChangeAndEnds()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));
        var door = Door(rig);
        var id = (await door.Create(Wanted(), Mine())).Report.ReportId;
        var row = await rig.Requests.FindAsync(ReportsRig.Auditor(), id, CancellationToken.None);
        var told = new TaskCompletionSource();
        var stream = new KeptStream<ReportServiceWatchResponse>(_ =>
        {
            told.TrySetResult();
            return Task.CompletedTask;
        });

        var watching = door.Watch(new() { ReportId = id }, stream, Mine());
        await told.Task.WaitAsync(Patience);
        await rig.DeliverAsync(row);
        await watching.WaitAsync(Patience);

        Assert.Equal(ReportState.Requested, stream.Messages[0].Report.State);
        Assert.Equal((ReportState.Ready, 100), (stream.Messages[^1].Report.State, stream.Messages[^1].Report.ProgressPercent));
        Assert.Equal(stream.Messages.Count, stream.Messages.Select(m => m.Report).Distinct().Count());
    }

    [Fact]
    public async Task Download_Ready_WholeBundleInPiecesLedgeredBeforeTheFirst()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(ManySessions(120));
        var row = await rig.RequestAsync();
        await rig.DeliverAsync(row);
        var eventsAtFirst = -1;
        var stream = new KeptStream<ReportServiceDownloadResponse>(async _ =>
        {
            if (eventsAtFirst < 0) eventsAtFirst = (await rig.EventTypesAsync()).Count(t => t == "report.downloaded");
        });

        await Door(rig).Download(new() { ReportId = row.ReportId, Purpose = "Year-end audit" }, stream, Mine());

        var ready = await rig.FindAsync(row);
        Assert.True(stream.Messages.Count > 1);
        Assert.All(stream.Messages, m => Assert.InRange(m.Data.Length, 1, 64 * 1024));
        Assert.Equal(ready.BundleSha256, Digests.Hex([.. stream.Messages.SelectMany(m => m.Data)]));
        Assert.Equal(1, eventsAtFirst);
        Assert.Equal("Year-end audit", await rig.Database.ExecuteScalarAsync<string>("SELECT purpose FROM report_downloads"));
        Assert.Equal(0, await rig.Database.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM ledger_leaves WHERE CAST(leaf AS TEXT) LIKE '%Year-end%'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public async Task Download_NoPurpose_RefusedWithoutEvent(string purpose)
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));
        var row = await rig.RequestAsync();
        await rig.DeliverAsync(row);
        var stream = new KeptStream<ReportServiceDownloadResponse>();

        var refused = await Assert.ThrowsAsync<RelayException>(() => Door(rig).Download(new() { ReportId = row.ReportId, Purpose = purpose }, stream, Mine()));

        Assert.Equal((ErrorReason.InvalidArgument, 0), (refused.Reason, stream.Messages.Count));
        Assert.DoesNotContain("report.downloaded", await rig.EventTypesAsync());
    }

    [Fact]
    public async Task Download_NotReady_WrongState()
    {
        await using var rig = await ReportsRig.StartAsync();
        var row = await rig.RequestAsync();

        var refused = await Assert.ThrowsAsync<RelayException>(
            () => Door(rig).Download(new() { ReportId = row.ReportId, Purpose = "audit" }, new KeptStream<ReportServiceDownloadResponse>(), Mine()));

        Assert.Equal(ErrorReason.WrongState, refused.Reason);
    }

    private static ReportsGrpcService Door(ReportsRig rig) =>
        new(rig.Requests, new ReportDownloads(rig.Requests, rig.Store, rig.Buckets), rig.Database, rig.Catalogues,
        new CallerStanding(rig.SignOuts, new IdentityOptions(), rig.Clock), rig.Clock);

    private static FakeCall Mine() => new(ReportsRig.Auditor());

    private static ReportServiceCreateRequest Wanted(string requestId = "") =>
        new() { Framework = "sox", FromUs = LeafBook.StartUs, ToUs = LeafBook.StartUs + LeafBook.DayUs, RequestId = requestId };

    private static LeafBook ManySessions(int count)
    {
        var book = new LeafBook();
        for (var n = 1; n <= count; n++) book.Good(n);
        return book;
    }

    private static async Task Refused(Func<Task> call) => Assert.Equal(ErrorReason.NotPermitted, (await Assert.ThrowsAsync<RelayException>(call)).Reason);
}
