using System.Text;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.ObjectStorage.S3;
using OpenOva.Relay.Tests.ObjectStorage;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>Heads in a bucket of a real endpoint, put by the writer alone.</summary>
[Trait("Kind", "Real")]
public sealed class S3HeadSinkTests(S3Lab lab) : IClassFixture<S3Lab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heads_Sent_StandInTheBucketAndStayAsTheyAre()
    {
        await using var sink = new S3HeadSink(Options(S3Lab.Endpoint), TimeProvider.System);
        var (one, two) = (Head(1, "one"), Head(2, "two"));

        Assert.Equal(new ExportOutcome(1, null), await sink.SendAsync([one], Cancellation));
        // The answer to the first was lost, or somebody tries to put another history over it.
        Assert.Equal(new ExportOutcome(2, null), await sink.SendAsync([Head(1, "another"), two], Cancellation));

        Assert.Equal(("one", "two"), (await ReadAsync(one), await ReadAsync(two)));
    }

    [Fact]
    public async Task Heads_RefusedByTheBucket_AreToldAndSentAgain()
    {
        var options = Options(S3Lab.Endpoint);
        options.Bucket = $"{lab.Bucket}-missing";
        await using var refused = new S3HeadSink(options, TimeProvider.System);
        await using var sink = new S3HeadSink(Options(S3Lab.Endpoint), TimeProvider.System);
        var head = Head(3, "three");

        var outcome = await refused.SendAsync([head], Cancellation);
        Assert.Equal(0, outcome.Sent);
        Assert.NotNull(outcome.Failure);
        Assert.Equal(new ExportOutcome(1, null), await sink.SendAsync([head], Cancellation));

        Assert.Equal("three", await ReadAsync(head));
    }

    private HeadSinkOptions Options(string endpoint)
    {
        var options = new HeadSinkOptions { Kind = HeadSinkKind.S3, Bucket = lab.Bucket, Prefix = "heads/" };
        options.S3.Endpoint = endpoint;
        var files = S3Lab.Files("writer");
        var writer = options.S3.IdentityOf(S3Duty.Writer);
        (writer.AccessKeyFile, writer.SecretKeyFile) = (files.AccessKeyFile, files.SecretKeyFile);
        return options;
    }

    private static ExportRecord Head(long size, string content) => new("acme", size, ExportRecord.HeadType, size, "", Encoding.ASCII.GetBytes(content));

    private async Task<string> ReadAsync(ExportRecord head)
    {
        using var store = lab.Open();
        await using var found = await store.GetAsync(lab.Bucket, $"heads/{HeadFile.Name(head)}", cancellation: Cancellation);
        using var reader = new StreamReader(found.Content);
        return await reader.ReadToEndAsync(Cancellation);
    }
}
