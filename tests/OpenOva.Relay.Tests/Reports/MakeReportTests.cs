using OpenOva.Relay.Reports;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Reports;

[Trait("Kind", "Fast")]
public sealed class MakeReportTests
{
    [Fact]
    public async Task Delivery_Repeated_MakesTheReportOnce()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));
        var row = await rig.RequestAsync();

        await rig.DeliverAsync(row);
        var first = await rig.FindAsync(row);
        await rig.DeliverAsync(row);

        Assert.Equal(1, rig.Pdf.Rendered);
        Assert.Equal(first.BundleSha256, (await rig.FindAsync(row)).BundleSha256);
        Assert.Single(await rig.EventTypesAsync(), "report.made");
    }

    [Fact]
    public async Task Delivery_WhileAnotherMakesIt_RefusedUntilThatIsDone()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));
        var row = await rig.RequestAsync();
        rig.Pdf.Meanwhile = async () => await Assert.ThrowsAsync<ReportBusyException>(() => rig.DeliverAsync(row));

        await rig.DeliverAsync(row);

        Assert.Equal((ReportStates.Ready, 1), ((await rig.FindAsync(row)).State, rig.Pdf.Rendered));
    }

    [Fact]
    public async Task Attempt_FailsForAWhile_PostponedWithReasonThenMadeAtTheSameHead()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));
        var row = await rig.RequestAsync();
        rig.Pdf.Failure = new ReportFailedException(ReportFailure.PdfTimeLimit, "too long");

        await Assert.ThrowsAsync<ReportFailedException>(() => rig.DeliverAsync(row));

        var postponed = await rig.FindAsync(row);
        Assert.Equal((ReportStates.Requested, nameof(ReportFailure.PdfTimeLimit)), (postponed.State, postponed.Failure));
        Assert.StartsWith("The PDF renderer took too long. It will be tried again (attempt 1 of 3)", postponed.Detail, StringComparison.Ordinal);
        await rig.WriteAsync(new LeafBook { NowUs = LeafBook.StartUs + 60_000_000 }.Good(2));
        rig.Pdf.Failure = null;
        await rig.DeliverAsync(row);
        var ready = await rig.FindAsync(row);
        Assert.Equal((ReportStates.Ready, postponed.HeadSize, null), (ready.State, ready.HeadSize, ready.Failure));
    }

    [Fact]
    public async Task Attempt_FailsToTheLast_FailedForGood()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));
        var row = await rig.RequestAsync();
        rig.Pdf.Failure = new ReportFailedException(ReportFailure.PdfRendererMissing, "none");

        for (var attempt = 1; attempt < rig.Options.MaxAttempts; attempt++) await Assert.ThrowsAsync<ReportFailedException>(() => rig.DeliverAsync(row));
        await rig.DeliverAsync(row);

        var failed = await rig.FindAsync(row);
        Assert.Equal((ReportStates.Failed, "The PDF renderer is not installed."), (failed.State, failed.Detail));
        Assert.NotNull(failed.FinishedUs);
    }

    [Fact]
    public async Task Attempt_AfterOneThatStoredTheBundle_TakesThatBundle()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));
        var row = await rig.RequestAsync();
        var stored = await rig.Maker().MakeAsync(row, CancellationToken.None);

        await rig.DeliverAsync(row);

        Assert.Equal((1, stored.Sha256), (rig.Pdf.Rendered, (await rig.FindAsync(row)).BundleSha256));
    }

    [Fact]
    public async Task Request_SameIdTwice_SameReportAndOneEvent()
    {
        await using var rig = await ReportsRig.StartAsync();

        var first = await rig.RequestAsync(requestId: "q1");
        var second = await rig.RequestAsync(requestId: "q1");
        var other = await rig.RequestAsync(requestId: "q2");

        Assert.Equal(first.ReportId, second.ReportId);
        Assert.NotEqual(first.ReportId, other.ReportId);
        Assert.Equal(2, (await rig.EventTypesAsync()).Count(t => t == "report.requested"));
        await Assert.ThrowsAsync<RelayException>(() => rig.RequestAsync(requestId: "q1", toUs: LeafBook.StartUs + 1));
    }
}
