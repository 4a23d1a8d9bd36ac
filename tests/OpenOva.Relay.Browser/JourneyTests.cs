using System.Text.Json.Nodes;
using OpenOva.Relay.Integration;
using OpenOva.Relay.Integration.Targets;

namespace OpenOva.Relay.Browser;

/// <summary>
/// The whole way in a browser on real targets: asked for, approved by a second person, opened, typed on, watched, locked and cut by a third, replayed by a fourth; the
/// last picture of the live screen, of the page's replay and of guacamole-common-js alone is the same to the pixel.
/// </summary>
[Trait("Kind", "Browser")]
[Collection("real components")]
public sealed class JourneyTests
{
    [Fact(Timeout = 300_000)]
    public Task Ssh_ApprovedWatchedLockedAndCut_EndsEverywhereInTheSamePicture()
    {
        BrowserScripts.OrSkip();
        var lab = RealLab.OrSkip();
        return TravelAsync(
            new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml("ssh") + "\n  jit: {requiredApprovers: [relay-approver], maxDurationMinutes: 60}", Values = lab.Values() },
            "ssh", needsApproval: true, "uptime | wc -l");
    }

    [Fact(Timeout = 300_000)]
    public Task Vnc_WatchedLockedAndCut_EndsEverywhereInTheSamePicture()
    {
        BrowserScripts.OrSkip();
        var lab = TargetLab.OrSkip("vnc");
        return TravelAsync(lab.Setup("cursor: remote"), "vnc", needsApproval: false, "date +%Y | wc -c");
    }

    [Fact(Timeout = 300_000)]
    public Task Rdp_WatchedLockedAndCut_EndsEverywhereInTheSamePicture()
    {
        BrowserScripts.OrSkip();
        var lab = TargetLab.OrSkip("rdp");
        return TravelAsync(lab.Setup("ignore-cert: \"true\""), "rdp", needsApproval: false, "date +%Y | wc -c");
    }

    private static async Task TravelAsync(RelaySetup setup, string connection, bool needsApproval, string text)
    {
        await using var relay = await RelayUnderTest.StartAsync(setup);
        var recording = Path.Combine(relay.Folder, "SESSION.guac.gz");
        string? session = null;

        var lines = await BrowserScripts.RunAsync(
            "journey.mjs",
            new JsonObject
            {
                ["base"] = relay.Web.ToString().TrimEnd('/'), ["connection"] = connection, ["needsApproval"] = needsApproval, ["text"] = text, ["recording"] = recording,
            },
            async line =>
            {
                session = line["session"]?.GetValue<string>() ?? session;
                if (line["step"]?.GetValue<string>() == "replayed")
                    await File.WriteAllBytesAsync(recording.Replace("SESSION", session, StringComparison.Ordinal), await relay.StoredAsync(session!));
            });

        Assert.Equal("played by guacamole-common-js alone", lines[^1]["step"]!.GetValue<string>());
        // A black screen would be the same everywhere, too.
        Assert.True(lines.Single(line => line["step"]?.GetValue<string>() == "replayed")["picture"]!["drawn"]!.GetValue<int>() > 200);
    }
}
