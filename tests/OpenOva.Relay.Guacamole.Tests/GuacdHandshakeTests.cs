using OpenOva.Relay.Shared;
using static OpenOva.Relay.Guacamole.Tests.GuacdHandshakes;

namespace OpenOva.Relay.Guacamole.Tests;

[Trait("Kind", "Fast")]
public sealed class GuacdHandshakeTests
{
    private static readonly (string, string)[] Target = [("hostname", "10.0.0.1"), ("port", "22"), ("username", "Zoë 😀")];

    [Fact]
    public async Task Handshake_WithGuacd130_MapsByNameAndLeavesOutWhatItDoesNotKnow()
    {
        await using var guacd = FakeGuacd.Start();
        await using var connection = await ConnectAsync(guacd, Ssh(
            (_, _) => Values(("password", "hunter2"), ("hostname", "10.0.0.2")),
            [.. Target, ("timeout", "5"), ("no-such", "x")]));
        var user = await guacd.NextUserAsync();

        Assert.Equal("VERSION_1_3_0", user.Parameters["VERSION_1_3_0"]);
        Assert.Equal("10.0.0.2", user.Parameters["hostname"]);
        Assert.Equal("22", user.Parameters["port"]);
        Assert.Equal("Zoë 😀", user.Parameters["username"]);
        Assert.Equal("hunter2", user.Parameters["password"]);
        Assert.Equal("", user.Parameters["private-key"]);
        Assert.Equal(["no-such", "timeout"], connection.IgnoredParameters);
        Assert.Equal(GuacamoleVersion.V130, connection.Version);
        Assert.Equal(37, connection.ArgNames.Count);
        Assert.Equal("hostname", connection.ArgNames[0]);
        Assert.Equal(user.Session!.Id, connection.ConnectionId);
    }

    [Fact]
    public async Task Handshake_WithGuacd130_TellsTimezoneAndNoName()
    {
        await using var guacd = FakeGuacd.Start();
        await using var connection = await ConnectAsync(guacd, Told("vnc"));
        var user = await guacd.NextUserAsync();
        Assert.Equal(
            ["size|1280|720|110", "audio|audio/L16", "video", "image|image/png|image/webp", "timezone|Europe/Berlin"],
            user.Handshake.Select(instruction => string.Join('|', instruction)));
    }

    [Fact]
    public async Task Handshake_WithGuacd160_TellsNameAndAnswersItsVersion()
    {
        await using var guacd = FakeGuacd.Start(new() { Release = FakeGuacdRelease.Guacd160 });
        await using var connection = await ConnectAsync(guacd, Told("rdp"));
        var user = await guacd.NextUserAsync();
        Assert.Equal(["name", "Zoë"], user.Handshake[^1]);
        Assert.Equal("VERSION_1_5_0", user.Parameters["VERSION_1_5_0"]);
        Assert.Equal(88, connection.ArgNames.Count);
    }

    [Theory]
    [InlineData("VERSION_1_0_0", "VERSION_1_0_0", "1.0")]
    [InlineData("VERSION_1_1_0", "VERSION_1_1_0", "1.1")]
    [InlineData("VERSION_1_9_0", "VERSION_1_5_0", "1.5")]
    [InlineData("VERSION_2_0_0", "VERSION_1_5_0", "1.5")]
    [InlineData("VERSION_nonsense", "VERSION_1_0_0", "1.0")]
    [InlineData("", "", "1.0")]
    public async Task Version_IsTheLowestCommon(string token, string answer, string spoken)
    {
        await using var guacd = FakeGuacd.Start(new() { Args = [token, "hostname"] });
        await using var connection = await ConnectAsync(guacd, Told("ssh"));
        var user = await guacd.NextUserAsync();
        Assert.Equal(answer, user.Parameters[token]);
        Assert.Equal(spoken, $"{connection.Version.Major}.{connection.Version.Minor}");
        Assert.Equal(spoken != "1.0", user.Handshake.Any(instruction => instruction[0] == "timezone"));
        Assert.Equal(spoken == "1.5", user.Handshake.Any(instruction => instruction[0] == "name"));
        Assert.Equal(["hostname"], connection.ArgNames);
    }

    [Fact]
    public async Task Args_WithoutAVersion_AreAnOldGuacds()
    {
        await using var guacd = FakeGuacd.Start(new() { Args = ["hostname", "port"] });
        await using var connection = await ConnectAsync(guacd, Ssh(null, Target));
        var user = await guacd.NextUserAsync();
        Assert.Equal("10.0.0.1", user.Parameters["hostname"]);
        Assert.Equal("22", user.Parameters["port"]);
        Assert.Equal(GuacamoleVersion.V100, connection.Version);
    }

    [Fact]
    public async Task Secrets_AreAskedForOnceWithTheNamesThatCame()
    {
        var asked = new List<IReadOnlyList<string>>();
        await using var guacd = FakeGuacd.Start(new() { Args = ["VERSION_1_3_0", "hostname", "password"], NopsInHandshake = true });
        await using var connection = await ConnectAsync(guacd, Ssh(
            (names, _) =>
            {
                asked.Add(names);
                return Values(("password", "hunter2"));
            },
            Target));
        Assert.Equal(["hostname", "password"], Assert.Single(asked));
        Assert.Equal("hunter2", (await guacd.NextUserAsync()).Parameters["password"]);
    }

    [Fact]
    public async Task Secrets_ThatThrow_EndTheHandshakeUnchanged()
    {
        await using var guacd = FakeGuacd.Start();
        var vault = new InvalidOperationException("vault is sealed");
        var handshake = Ssh((_, _) => throw vault, Target);
        Assert.Same(vault, await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectAsync(guacd, handshake)));
    }

    [Fact]
    public async Task BytesAfterReady_AreNotLost()
    {
        var stream = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "testdata", "rec-ssh.guac"));
        await using var guacd = FakeGuacd.Start(new() { WithReady = stream });
        await using var connection = await ConnectAsync(guacd, Ssh(null, Target));
        var received = await connection.Input.ReadAtLeastAsync(stream.Length).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(stream, System.Buffers.BuffersExtensions.ToArray(received.Buffer.Slice(0, stream.Length)));
    }

    [Fact]
    public async Task Join_SendsReadOnlyAndNothingElse()
    {
        await using var guacd = FakeGuacd.Start();
        await using var owner = await ConnectAsync(guacd, Ssh(null, Target));
        var first = await guacd.NextUserAsync();
        await using var watcher = await ConnectAsync(guacd, Join(owner.ConnectionId));
        var second = await guacd.NextUserAsync();

        Assert.Equal(owner.ConnectionId, watcher.ConnectionId);
        Assert.Same(first.Session, second.Session);
        Assert.Equal(
            [("VERSION_1_3_0", "VERSION_1_3_0"), ("read-only", "true")],
            second.Parameters.Where(pair => pair.Value.Length > 0).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public async Task Join_ToTakePart_SendsNothing()
    {
        await using var guacd = FakeGuacd.Start();
        await using var owner = await ConnectAsync(guacd, Ssh(null, Target));
        await guacd.NextUserAsync();
        await using var guest = await ConnectAsync(guacd, Join(owner.ConnectionId, readOnly: false));
        Assert.Equal("", (await guacd.NextUserAsync()).Parameters["read-only"]);
    }

    [Fact]
    public async Task Join_ReadOnlyWhereGuacdDoesNotKnowIt_IsRefused()
    {
        await using var guacd = FakeGuacd.Start(new() { Args = ["VERSION_1_3_0", "hostname"] });
        await using var owner = await ConnectAsync(guacd, Ssh(null, Target));
        var exception = await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd, Join(owner.ConnectionId)));
        Assert.Equal(GuacdFailure.RequiredParameterMissing, exception.Failure);
    }

    [Fact]
    public void Handshake_PrintedOrWronglyMade_TellsNothing()
    {
        Assert.Equal("ssh", Ssh(null, ("password", "hunter2")).ToString());
        Assert.Equal("join", Join("$a").ToString());
        Assert.Throws<ArgumentException>(() => new GuacdHandshake { Protocol = "$a" });
        Assert.Throws<ArgumentException>(() => new GuacdHandshake { JoinId = "ssh" });
    }

    [Fact]
    public async Task Handshake_OfNothingOrOfBoth_IsTheCallersError()
    {
        await using var guacd = FakeGuacd.Start();
        await Assert.ThrowsAsync<ArgumentException>(() => ConnectAsync(guacd, new GuacdHandshake()));
        await Assert.ThrowsAsync<ArgumentException>(() => ConnectAsync(guacd, new GuacdHandshake { Protocol = "ssh", JoinId = "$a" }));
        Assert.Equal(0, guacd.Accepted);
    }
}
