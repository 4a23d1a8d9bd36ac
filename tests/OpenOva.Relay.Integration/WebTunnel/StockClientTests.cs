using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace OpenOva.Relay.Integration.WebTunnel;

/// <summary>The tunnel of guacamole-common-js as it is published, against the running service.</summary>
[Trait("Kind", "Real")]
[Collection(WebTunnelWorld.Collection)]
public sealed class StockClientTests(WebTunnelWorld world)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact(Timeout = 300_000)]
    public async Task StockClient_OpensTheTunnel_DrawsTypesPingsAndLeaves()
    {
        world.Shows();
        var seen = await RunAsync(await BrowserClient.TicketAsync(world.Relay));
        var guacd = await world.Guacd.NextUserAsync();
        while (!guacd.Received.Any(i => i[0] == "key")) guacd = await world.Guacd.NextUserAsync();

        Assert.Equal(36, seen["uuid"]!.GetValue<string>().Length);
        Assert.Equal("""[["size","0","800","600"],["sync","7"]]""", new JsonArray([.. seen["instructions"]!.AsArray().Take(2).Select(i => i!.DeepClone())]).ToJsonString());
        Assert.True(seen["echoes"]!.GetValue<int>() > 0);
        Assert.Equal((1000, "0"), (seen["code"]!.GetValue<int>(), seen["reason"]!.GetValue<string>()));
        Assert.Null(seen["status"]);
        Assert.Contains(guacd.Received, i => i is ["sync", "7"]);
        Assert.DoesNotContain(guacd.Received, i => i[0].Length == 0);
    }

    [Fact(Timeout = 300_000)]
    public async Task StockClient_WithAUsedTicket_ReadsWhy()
    {
        world.Shows();
        var seen = await RunAsync(await BrowserClient.TicketAsync(world.Relay) with { Ticket = "used" });

        Assert.Equal((1008, "769"), (seen["code"]!.GetValue<int>(), seen["reason"]!.GetValue<string>()));
        Assert.Equal(769, seen["status"]!.GetValue<int>());
        Assert.Equal("""[["error","The tunnel ticket was refused.","769"]]""", seen["instructions"]!.ToJsonString());
    }

    private async Task<JsonNode> RunAsync(BrowserRequest request)
    {
        var folder = Folder();
        if (await TryRunAsync("node", ["--version"], "") is null) Assert.Skip("node-missing: node is not on the PATH.");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "ws"))
            && await TryRunAsync("npm", ["--prefix", folder, "ci", "--no-progress", "--no-audit", "--no-fund"], "") is not { Code: 0 })
            Assert.Skip($"node-packages-missing: npm ci in {folder} did not succeed.");
        var asked = new JsonObject
        {
            ["url"] = new UriBuilder(world.Relay.Web) { Scheme = "ws", Path = "/tunnel" }.Uri.ToString(),
            ["query"] = $"GUAC_ID={request.Session}&GUAC_WIDTH=800&GUAC_HEIGHT=600&GUAC_DPI=96&GUAC_IMAGE=image/png",
            ["headers"] = new JsonObject((await BrowserClient.HeadersAsync(world.Relay, request)).Select(h => KeyValuePair.Create<string, JsonNode?>(h.Key, h.Value))),
        };
        var run = await TryRunAsync("node", [Path.Combine(folder, "tunnel.mjs")], asked.ToJsonString());
        if (run is not { Code: 0 } done) throw new InvalidOperationException(run?.Errors);
        return JsonNode.Parse(done.Output)!;
    }

    private static async Task<(int Code, string Output, string Errors)?> TryRunAsync(string program, string[] arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }

        using (process)
        using (var limit = new CancellationTokenSource(Limit))
        {
            try
            {
                await process!.StandardInput.WriteAsync(input);
                process.StandardInput.Close();
                var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
                await process.WaitForExitAsync(limit.Token);
                return (process.ExitCode, await output, await errors);
            }
            catch (OperationCanceledException)
            {
                process!.Kill(entireProcessTree: true);
                throw new TimeoutException($"{program} did not end within {Limit}.");
            }
        }
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OpenOva.Relay.sln"))) return Path.Combine(folder.FullName, "tests", "foreign-clients", "browser");
        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
