using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Tests.Host;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class HeadSinkTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-heads-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Sink_ThatIsAwayAtFirst_IsToldAndGetsEveryHeadOnceItIsThere()
    {
        var sink = Path.Combine(_folder.FullName, "mount");
        await using var relay = await RunningRelay.StartAsync(settings => settings with
        {
            Values = new Dictionary<string, string?>(settings.Values)
            {
                ["Relay:Ledger:HeadSinks:vault:Kind"] = "directory",
                ["Relay:Ledger:HeadSinks:vault:Directory"] = sink,
                ["Relay:Ledger:HeadSinks:vault:PauseCeiling"] = "00:00:01",
                ["Relay:Ledger:HeadSinks:vault:StallAfter"] = "00:00:00.001",
            },
        });

        // The first events are on their way: a head of none goes nowhere.
        var checkpoints = relay.Application.Services.GetRequiredService<LedgerCheckpoints>();
        var head = await checkpoints.MakeAsync("acme", Cancellation);
        await UntilAsync(async () => (head = await checkpoints.MakeAsync("acme", Cancellation)).Size > 0);
        await UntilAsync(async () => await DetailAsync(relay) == "failed");

        Directory.CreateDirectory(sink);
        await UntilAsync(async () => await DetailAsync(relay) == "ok");

        var files = Directory.GetFiles(sink).Order(StringComparer.Ordinal).ToList();
        var heads = await Task.WhenAll(files.Select(async file => Checkpoint.Parse(await File.ReadAllBytesAsync(file, Cancellation), file)));
        Assert.Equal(files.Select(Path.GetFileName), heads.Select(read => $"acme-{read.Size:D16}-{read.TimeUs:D16}.jws"));
        Assert.Contains(head.Jws.Compact, heads.Select(read => read.Jws.Compact));
    }

    [Fact]
    public async Task Head_ThatIsThereAlready_StaysAsItIs()
    {
        await using var sink = new DirectoryHeadSink(_folder.FullName);
        ExportRecord[] heads = [new("acme", 1, ExportRecord.HeadType, 7, "", "one"u8.ToArray()), new("acme", 2, ExportRecord.HeadType, 8, "", "two"u8.ToArray())];
        var first = Path.Combine(_folder.FullName, HeadFile.Name(heads[0]));
        await File.WriteAllTextAsync(first, "kept", Cancellation);

        Assert.Equal(new ExportOutcome(2, null), await sink.SendAsync(heads, Cancellation));

        Assert.Equal("kept", await File.ReadAllTextAsync(first, Cancellation));
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(_folder.FullName, HeadFile.Name(heads[1])), Cancellation));
        Assert.Equal(2, _folder.GetFiles().Length);
    }

    private static async Task<string?> DetailAsync(RunningRelay relay)
    {
        using var body = JsonDocument.Parse(await relay.Web.GetStringAsync("/readyz", Cancellation));
        return body.RootElement.GetProperty("details").GetProperty("ledger-heads/vault").GetString();
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await holds()) await Task.Delay(50, patience.Token);
    }
}
