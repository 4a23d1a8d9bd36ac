using System.Text;
using OpenOva.Relay.Integration.Targets;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A connection's parameters against what guacd knows and asks for, through the whole service.</summary>
[Trait("Kind", "Real")]
public sealed class ParameterTests(ParameterWorld world) : IClassFixture<ParameterWorld>
{
    [Fact]
    public async Task Parameters_ThatGuacdDoesNotKnow_AreInTheLedgerAndTheMetrics()
    {
        var left = await world.VisitAsync("ssh", new FakeGuacdOptions { Play = ParameterWorld.Picture });

        // The secret among them was not even read.
        Assert.Equal(["public-key", "timeout"], left.Leaves.Of("session.connected").Data.Strings("parameters_ignored"));
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(world.Relay.Web, "/metrics"), TestContext.Current.CancellationToken);
        Assert.Contains("relay_parameters_ignored_total{parameter=\"timeout\",protocol=\"ssh\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_ThatGuacdKnows_AreNotReported()
    {
        var left = await world.VisitAsync("ssh", new FakeGuacdOptions { Play = ParameterWorld.Picture, Release = FakeGuacdRelease.Guacd160 });

        Assert.Empty(left.Leaves.Of("session.connected").Data.Strings("parameters_ignored"));
        Assert.Equal(("10", ParameterWorld.Secret), (left.User.Parameters["timeout"], left.User.Parameters["password"]));
    }

    [Fact]
    public async Task Restriction_ThatGuacdDoesNotKnow_IsRefusedBeforeConnecting()
    {
        var welcomed = world.Guacd.Welcomed;
        world.Guacd.Options = new FakeGuacdOptions { Args = ["VERSION_1_3_0", "hostname", "port", "username", "password"], Play = ParameterWorld.Picture };

        var told = await FailedOpening.OfAsync(world.Relay, ErrorReason.ConnectionMisconfigured, 10, "vnc");

        Assert.Equal("disable-copy", told.Metadata["parameters"]);
        Assert.Equal(welcomed, world.Guacd.Welcomed);
    }

    [Fact]
    public async Task Required_WhatTheSecretHas_IsAnsweredAndSeenByGuacdAlone()
    {
        var play = new FakeGuacdPlay(async (user, cancellation) =>
        {
            await user.SendAsync("required", "username", "password");
            await user.WaitForAsync(i => i is ["argv", _, _, "password"]).WaitAsync(cancellation);
            await user.WaitForAsync(i => i[0] == "end" && user.Received.Count(r => r[0] == "end") == 2).WaitAsync(cancellation);
            // Neither its acknowledgement nor an echo of the value, as guacd sends of what it was told, is for the person.
            await user.SendAsync("ack", "63", "Ready.", "0");
            await user.SendAsync("argv", "2", "text/plain", "password");
            await user.SendAsync("blob", "2", Base64(ParameterWorld.Secret));
            await user.SendAsync("end", "2");
            await user.SendAsync("argv", "2", "text/plain", "color-scheme");
            await user.SendAsync("blob", "2", Base64("gray-black"));
            await user.SendAsync("end", "2");
            await user.SendAsync("size", "0", "800", "600");
            await user.SendAsync("sync", "7");
        });

        var left = await world.VisitAsync("telnet", new FakeGuacdOptions { Args = ["VERSION_1_3_0", "hostname", "port"], Play = play });

        Assert.Equal([("username", "ada"), ("password", ParameterWorld.Secret)], Answers(left.User));
        var shown = Encoding.UTF8.GetString(left.Shown);
        Assert.StartsWith($"4.argv,1.2,10.text/plain,12.color-scheme;4.blob,1.2,{Base64("gray-black").Length}.{Base64("gray-black")};3.end,1.2;4.size,", shown, StringComparison.Ordinal);
        foreach (var seen in (string[])[shown, Encoding.UTF8.GetString(left.Recorded), string.Join('\n', world.Logged), string.Join('\n', left.Leaves.Select(leaf => leaf.Data.ToString()))])
        {
            Assert.DoesNotContain(ParameterWorld.Secret, seen, StringComparison.Ordinal);
            Assert.DoesNotContain(Base64(ParameterWorld.Secret), seen, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Required_WhatTheConnectionLacks_FailsByNameAndAsksNobody()
    {
        world.Guacd.Options = new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["required", "username", "domain", "color"]) };

        var told = await FailedOpening.OfAsync(world.Relay, ErrorReason.ConnectionMisconfigured, 10, "telnet");

        Assert.Equal("color, domain", told.Metadata["parameters"]);
        Assert.DoesNotContain((await world.Guacd.NextUserAsync()).Received, instruction => instruction[0] == "argv");
    }

    [Fact]
    public async Task Required_AskedAgain_IsACredentialThatWasNotTaken()
    {
        world.Guacd.Options = new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["required", "password"], ["required", "password"]) };

        await FailedOpening.OfAsync(world.Relay, ErrorReason.TargetCredentialRefused, 10, "telnet");
        await world.Guacd.NextUserAsync();
    }

    [Fact]
    public async Task Required_InALiveSession_IsAnsweredOrEndsIt()
    {
        world.Guacd.Options = new FakeGuacdOptions { Play = ParameterWorld.Picture };
        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "telnet");
        var user = await world.Guacd.NextUserAsync();
        await tunnel.Started;

        await user.SendAsync("required", "password");
        await user.WaitForAsync("end", "63");
        await user.SendAsync("required", "domain");
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.TargetError, tunnel.Ended!.Reason);
        var shown = Encoding.UTF8.GetString(tunnel.Received);
        Assert.DoesNotContain("required", shown, StringComparison.Ordinal);
        Assert.Contains("5.error,", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clipboard_OnRelaysOwnStream_DoesNotReachGuacd()
    {
        var left = await world.VisitAsync("telnet", new FakeGuacdOptions { Play = ParameterWorld.Picture }, async (tunnel, user) =>
        {
            await tunnel.SendAsync("9.clipboard,2.63,10.text/plain;4.blob,2.63,4.eA==;3.end,2.63;9.clipboard,1.0,10.text/plain;4.blob,1.0,4.eQ==;3.end,1.0;");
            await user.WaitForAsync("end", "0");
        });

        Assert.DoesNotContain(left.User.Received, instruction => instruction.Length > 1 && instruction[1] == "63");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // Streams as guacd reads them: the value of each is what stands between its argv and its end.
    private static List<(string Name, string Value)> Answers(FakeGuacdUser user)
    {
        var answers = new List<(string, string)>();
        var (name, value) = ("", "");
        foreach (var instruction in user.Received.Where(i => i[0] is "argv" or "blob" or "end"))
        {
            Assert.Equal("63", instruction[1]);
            if (instruction[0] == "argv") (name, value) = (instruction[3], "");
            else if (instruction[0] == "blob") value += Encoding.UTF8.GetString(Convert.FromBase64String(instruction[2]));
            else answers.Add((name, value));
        }

        return answers;
    }
}
