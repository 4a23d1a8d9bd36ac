using System.Net;
using System.Net.Sockets;
using OpenOva.Relay.Shared;
using static OpenOva.Relay.Guacamole.Tests.GuacdHandshakes;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>Every way of not getting a connection, told apart; and never a secret in what is told.</summary>
[Trait("Kind", "Fast")]
public sealed class GuacdFailureTests
{
    private const string Secret = "hunter2-Zoë";

    private static readonly GuacdTimeouts Timeouts = new();

    [Theory]
    [InlineData(FakeGuacdFault.ClosesAfterSelect, GuacdFailure.ClosedDuringHandshake)]
    [InlineData(FakeGuacdFault.RefusesSelect, GuacdFailure.Refused)]
    [InlineData(FakeGuacdFault.AnswersSelectWithGarbage, GuacdFailure.MalformedAnswer)]
    [InlineData(FakeGuacdFault.AnswersSelectWithSync, GuacdFailure.MalformedAnswer)]
    [InlineData(FakeGuacdFault.AnswersSelectOversized, GuacdFailure.MalformedAnswer)]
    [InlineData(FakeGuacdFault.EndsInsideArgs, GuacdFailure.ClosedDuringHandshake)]
    [InlineData(FakeGuacdFault.ClosesAfterConnect, GuacdFailure.ClosedDuringHandshake)]
    [InlineData(FakeGuacdFault.ResetsAfterConnect, GuacdFailure.ClosedDuringHandshake)]
    [InlineData(FakeGuacdFault.RefusesConnect, GuacdFailure.Refused)]
    [InlineData(FakeGuacdFault.RefusesConnectRepeatingValues, GuacdFailure.Refused)]
    [InlineData(FakeGuacdFault.DisconnectsAfterConnect, GuacdFailure.ClosedDuringHandshake)]
    [InlineData(FakeGuacdFault.SaysReadyWithoutId, GuacdFailure.MalformedAnswer)]
    public async Task Guacd_Failing_IsToldApartWithoutASecret(FakeGuacdFault fault, GuacdFailure failure)
    {
        await using var guacd = FakeGuacd.Start(new() { Fault = fault });
        var exception = await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd, WithSecret()));
        Assert.Equal(failure, exception.Failure);
        Assert.DoesNotContain("hunter2", exception.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", exception.RemoteText ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_KeepsGuacdsTextAndStatus()
    {
        await using var guacd = FakeGuacd.Start(new() { Fault = FakeGuacdFault.RefusesConnect, Refusal = ("Zu viel.", GuacamoleStatus.ServerBusy) });
        var exception = await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd, WithSecret()));
        Assert.Equal(("Zu viel.", GuacamoleStatus.ServerBusy), (exception.RemoteText, exception.Status));
    }

    [Fact]
    public async Task SelectUnanswered_AfterItsTimeout_NamesTheMissingPlugin()
    {
        await using var guacd = FakeGuacd.Start();
        var clock = new ManualClock();
        var connecting = ConnectAsync(guacd, new GuacdHandshake { Protocol = "kubernetes" }, time: clock);
        await clock.WaitForTimerAsync(Timeouts.Args);
        clock.Advance(Timeouts.Args - TimeSpan.FromMilliseconds(1));
        Assert.False(connecting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var exception = await Assert.ThrowsAsync<GuacdException>(() => connecting);
        Assert.Equal(GuacdFailure.ProtocolNotInstalled, exception.Failure);
        Assert.Contains("libguac-client-kubernetes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectUnanswered_AfterItsTimeout_IsAHandshakeTimeout()
    {
        await using var guacd = FakeGuacd.Start(new() { Fault = FakeGuacdFault.IgnoresConnect });
        var clock = new ManualClock();
        var connecting = ConnectAsync(guacd, WithSecret(), time: clock);
        await clock.WaitForTimerAsync(Timeouts.Ready);
        clock.Advance(Timeouts.Ready);
        Assert.Equal(GuacdFailure.HandshakeTimeout, (await Assert.ThrowsAsync<GuacdException>(() => connecting)).Failure);
    }

    [Theory]
    [InlineData(FakeGuacdRelease.Guacd130)] // the end of the stream
    [InlineData(FakeGuacdRelease.Guacd160)] // error 516
    public async Task Join_OfAnUnknownId_IsNoSuchConnection(FakeGuacdRelease release)
    {
        await using var guacd = FakeGuacd.Start(new() { Release = release });
        var exception = await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd, Join("$00000000-0000-0000-0000-000000000000")));
        Assert.Equal(GuacdFailure.NoSuchConnection, exception.Failure);
    }

    [Fact]
    public async Task Join_Unanswered_IsAHandshakeTimeoutAndNoMissingPlugin()
    {
        await using var guacd = FakeGuacd.Start();
        await using var owner = await ConnectAsync(guacd, WithSecret());
        guacd.Options = new() { Fault = FakeGuacdFault.IgnoresSelect };
        var clock = new ManualClock();
        var joining = ConnectAsync(guacd, Join(owner.ConnectionId), time: clock);
        await clock.WaitForTimerAsync(Timeouts.Args);
        clock.Advance(Timeouts.Args);
        Assert.Equal(GuacdFailure.HandshakeTimeout, (await Assert.ThrowsAsync<GuacdException>(() => joining)).Failure);
    }

    [Fact]
    public async Task Join_GivenAnotherConnection_IsMalformed()
    {
        await using var guacd = FakeGuacd.Start();
        await using var owner = await ConnectAsync(guacd, WithSecret());
        guacd.Options = new() { Fault = FakeGuacdFault.SaysReadyWithAnotherId };
        Assert.Equal(
            GuacdFailure.MalformedAnswer,
            (await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd, Join(owner.ConnectionId)))).Failure);
    }

    [Fact]
    public async Task Port_WithoutAGuacd_IsUnreachable()
    {
        using var placeholder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        placeholder.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound and not listening: nobody else can take it
        var endpoint = new GuacdEndpoint("127.0.0.1", ((IPEndPoint)placeholder.LocalEndPoint!).Port);
        Assert.Equal(GuacdFailure.Unreachable, (await FailAsync(endpoint)).Failure);
        // A label longer than names may have: refused without asking a resolver, which may take its time.
        Assert.Equal(GuacdFailure.Unreachable, (await FailAsync(new GuacdEndpoint($"{new string('x', 64)}.invalid"))).Failure);
    }

    [Fact]
    public async Task Guacd_StartedAgainAMomentLater_IsWaitedFor()
    {
        using var placeholder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        placeholder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var endpoint = new GuacdEndpoint("127.0.0.1", ((IPEndPoint)placeholder.LocalEndPoint!).Port);
        using var probe = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => probe.ConnectAsync(IPAddress.Loopback, endpoint.Port, TestContext.Current.CancellationToken).AsTask());

        var failing = FailAsync(endpoint, Timeouts with { Connect = TimeSpan.FromSeconds(5), Args = TimeSpan.FromMilliseconds(200), Restart = TimeSpan.FromMinutes(1) });
        await Task.Delay(50, TestContext.Current.CancellationToken);
        placeholder.Listen(1);

        // It was reached: what it lacks now is an answer.
        Assert.NotEqual(GuacdFailure.Unreachable, (await failing).Failure);
    }

    [Fact]
    public async Task Port_ThatDoesNotAccept_IsAConnectTimeout()
    {
        // TLS against a guacd that speaks none and says nothing: accepted by the kernel, answered by nobody.
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        var clock = new ManualClock();
        var endpoint = new GuacdEndpoint("127.0.0.1", ((IPEndPoint)deaf.LocalEndpoint).Port) { Tls = new GuacdTls() };
        var connecting = GuacdConnection.ConnectAsync(endpoint, WithSecret(), Timeouts, clock, CancellationToken.None);
        using var accepted = await deaf.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(10));
        clock.Advance(Timeouts.Connect);
        var exception = await Assert.ThrowsAsync<GuacdException>(() => connecting.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(GuacdFailure.ConnectTimeout, exception.Failure);
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    public async Task Guacd_OnAnotherMachineInClear_IsNotEvenTried(string host) =>
        Assert.Equal(GuacdFailure.CleartextForbidden, (await FailAsync(new GuacdEndpoint(host))).Failure);

    [Fact]
    public async Task Parameter_Required_MustBeKnownAndHaveAValue()
    {
        await using var guacd = FakeGuacd.Start();
        foreach (var (name, value) in new[] { ("cert-fingerprints", "x"), ("host-key", "") })
        {
            var handshake = new GuacdHandshake
            {
                Protocol = "ssh", RequiredParameters = [name], Parameters = new Dictionary<string, string> { [name] = value },
            };
            var exception = await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd, handshake));
            Assert.Equal(GuacdFailure.RequiredParameterMissing, exception.Failure);
            Assert.Equal([name], exception.Parameters);
            Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Parameter_GuacdCouldNotRead_IsNotSentAndNotRepeated()
    {
        await using var guacd = FakeGuacd.Start();
        var big = Secret + new string('A', 8192);
        var half = Secret + new string('A', 8000);
        foreach (var secrets in new (string, string)[][]
        {
            [("password", "hunter2\0")],
            [("password", big)],
            [("password", half), ("username", half), ("private-key", half), ("passphrase", half), ("command", half)],
        })
        {
            var exception = await Assert.ThrowsAsync<GuacdException>(() => ConnectAsync(guacd, Ssh((_, _) => Values(secrets))));
            Assert.Equal(GuacdFailure.ParameterInvalid, exception.Failure);
            Assert.DoesNotContain("hunter2", exception.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Caller_GivingUp_IsNoFailureOfGuacd()
    {
        await using var guacd = FakeGuacd.Start(new() { Fault = FakeGuacdFault.IgnoresSelect });
        var clock = new ManualClock();
        using var giveUp = new CancellationTokenSource();
        var connecting = GuacdConnection.ConnectAsync(guacd.Endpoint, WithSecret(), Timeouts, clock, giveUp.Token);
        await clock.WaitForTimerAsync(Timeouts.Args);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    private static GuacdHandshake WithSecret() => Ssh((_, _) => Values(("password", Secret), ("username", "hunter2")));

    private static async Task<GuacdException> FailAsync(GuacdEndpoint endpoint, GuacdTimeouts? timeouts = null) =>
        await Assert.ThrowsAsync<GuacdException>(() => GuacdConnection.ConnectAsync(
            endpoint, WithSecret(), timeouts ?? Timeouts, TimeProvider.System, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
}
