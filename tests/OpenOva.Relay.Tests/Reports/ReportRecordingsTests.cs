using System.Text;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Identity;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Reports;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>A recording that leaves in a bundle is read by whoever asked for it: the rules of reading hold.</summary>
[Trait("Kind", "Fast")]
public sealed class ReportRecordingsTests
{
    [Theory]
    [InlineData(CallerRoles.Job)]
    [InlineData(CallerRoles.Gateway)]
    public async Task Request_WithRecordingsByOneWhoMayReadNone_NotPermitted(object roles)
    {
        await using var rig = await ReportsRig.StartAsync();
        var job = ReportsRig.Auditor(roles: (CallerRoles)roles);

        var refused = await Assert.ThrowsAsync<RelayException>(() => rig.RequestAsync(job, withRecordings: true));

        Assert.Equal(ErrorReason.NotPermitted, refused.Reason);
        Assert.NotEmpty((await rig.RequestAsync(job, withRecordings: false)).ReportId);
    }

    [Fact]
    public async Task Bundle_RecordingOfWhoAskedFor_LeftOutAndSaidSo()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Good(2).Good(3));
        for (var n = 1; n <= 3; n++) await rig.PutRecordingAsync(n);
        // person-2 is the one who asks, under another account.
        var asker = ReportsRig.Auditor() with { Profile = new CallerProfile(null, null, null) { PersonKey = "employee 7" } };
        await rig.Database.TransactAsync(transaction => rig.Persons.RememberAsync(transaction, asker with { Subject = "person-2" }));

        var made = await rig.Maker().MakeAsync(await rig.RequestAsync(asker, withRecordings: true), CancellationToken.None);

        var files = await rig.FilesAsync(made.Key);
        Assert.Contains(BundlePath.RecordingObject(LeafBook.Id(1)), files.Keys);
        Assert.Contains(BundlePath.RecordingObject(LeafBook.Id(3)), files.Keys);
        Assert.DoesNotContain(files.Keys, name => name.Contains(LeafBook.Id(2), StringComparison.Ordinal));
        Assert.Contains($"The recording of session {LeafBook.Id(2)} is not in the bundle: the session is of the person who asked", Text(files["limitations.md"]), StringComparison.Ordinal);
        Assert.Contains($"\"own\":[\"{LeafBook.Id(2)}\"]", Text(files["run.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bundle_MadeAgainAfterAFailure_EachRecordingLedgeredOnceBeforeItIsReady()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));
        await rig.PutRecordingAsync(1);
        var row = await rig.RequestAsync(withRecordings: true);
        using var elsewhere = new TemporaryFolder();
        using var lost = new DirectoryObjectStore(elsewhere.Path, rig.Buckets.Buckets, rig.Clock);

        await rig.Maker(lost).MakeAsync(row, CancellationToken.None);
        await rig.DeliverAsync(row);

        var types = await rig.EventTypesAsync();
        Assert.Single(types, "recording.viewed");
        Assert.True(types.ToList().IndexOf("recording.viewed") < types.ToList().IndexOf("report.made"));
        var view = await rig.Database.QuerySingleOrDefaultAsync<ViewRow>("SELECT session, subject, part, purpose FROM recording_views");
        Assert.Equal((LeafBook.Id(1), "auditor", "bundle", $"Bundle of report {row.ReportId}"), (view!.Session, view.Subject, view.Part, view.Purpose));
    }

    [Fact]
    public async Task Bundle_MadeTwice_SameResult()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));
        await rig.PutRecordingAsync(1);
        var row = await rig.RequestAsync(withRecordings: true);
        var first = await rig.FilesAsync((await rig.Maker().MakeAsync(row, CancellationToken.None)).Key);
        using var elsewhere = new TemporaryFolder();
        using var other = new DirectoryObjectStore(elsewhere.Path, rig.Buckets.Buckets, rig.Clock);

        var second = await rig.FilesAsync((await rig.Maker(other).MakeAsync(await rig.FindAsync(row), CancellationToken.None)).Key, other);

        foreach (var (name, content) in first.Where(file => file.Key.StartsWith("result/", StringComparison.Ordinal))) Assert.Equal(content, second[name]);
    }

    [Fact]
    public async Task Download_BundleWithHisOwnRecording_OwnDoing()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));
        await rig.PutRecordingAsync(1);
        var row = await rig.RequestAsync(withRecordings: true);
        await rig.DeliverAsync(row);

        Assert.Equal(ErrorReason.OwnDoing, await RefusalAsync(rig, row, ReportsRig.Auditor(subject: "person-1")));
        Assert.Equal(ErrorReason.NotPermitted, await RefusalAsync(rig, row, ReportsRig.Auditor(roles: CallerRoles.Job)));
        Assert.DoesNotContain("report.downloaded", await rig.EventTypesAsync());
        Assert.Null(await RefusalAsync(rig, row, ReportsRig.Auditor(subject: "person-2")));
    }

    private static async Task<ErrorReason?> RefusalAsync(ReportsRig rig, ReportRow row, Caller caller)
    {
        var sent = 0;
        try
        {
            await new ReportDownloads(rig.Requests, rig.Store, rig.Buckets).SendAsync(
                caller, await rig.FindAsync(row), "audit", piece => Task.FromResult(sent += piece.Length), CancellationToken.None);
            return null;
        }
        catch (RelayException refused)
        {
            Assert.Equal(0, sent);
            return refused.Reason;
        }
    }

    private static string Text(byte[] file) => Encoding.UTF8.GetString(file);

    private sealed class ViewRow
    {
        public string Session { get; init; } = "";

        public string Subject { get; init; } = "";

        public string Part { get; init; } = "";

        public string Purpose { get; init; } = "";
    }
}
