using System.Buffers;
using System.Net.Sockets;
using System.Text;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>
/// The fake guacd stands for the real one only as far as both pass the same test. RELAY_TEST_GUACD is host:port of a guacd 1.3.0 with
/// ssh, vnc, rdp and telnet and without kubernetes. No target is needed: what is compared comes before it or does without.
/// </summary>
[Trait("Kind", "Real")]
public sealed class FakeGuacdAgainstRealTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("ssh")]
    [InlineData("vnc")]
    [InlineData("rdp")]
    [InlineData("telnet")]
    public Task Args_OfEachProtocol_AreTheSame(string protocol) => CompareAsync(async wire =>
    {
        await wire.SayAsync("select", protocol);
        return string.Join(',', await wire.HearAsync());
    });

    [Fact]
    public Task Ready_IsADollarAndALowerCaseUuid() => CompareAsync(async wire =>
    {
        var ready = await wire.OpenAsync();
        return $"{ready.Length} {ready[0]} {ready[1].Length} {ready[1][0]} {Guid.TryParseExact(ready[1][1..], "D", out _)} {ready[1] == ready[1].ToLowerInvariant()}";
    });

    [Fact]
    public Task Select_OfAMissingPlugin_IsNotAnswered() => CompareAsync(async wire =>
    {
        await wire.SayAsync("select", "kubernetes");
        return await wire.HearWithinAsync(TimeSpan.FromSeconds(3));
    });

    [Fact]
    public Task Select_OfAnUnknownId_IsTheEndOfTheStream() => CompareAsync(async wire =>
    {
        await wire.SayAsync("select", "$00000000-0000-0000-0000-000000000000");
        return await wire.HearWithinAsync(Patience);
    });

    [Fact]
    public Task FirstInstruction_OtherThanSelect_IsTheEndOfTheStream() => CompareAsync(async wire =>
    {
        await wire.SayAsync("nop");
        return await wire.HearWithinAsync(Patience);
    });

    [Fact]
    public Task Join_IsGivenTheSameArgsAndId() => CompareAsync(async wire =>
    {
        var id = (await wire.OpenAsync())[1];
        await using var second = await wire.AnotherAsync();
        await second.SayAsync("select", id);
        var args = await second.HearAsync();
        await second.ConnectAsync(args, "read-only", "true");
        var ready = await second.HearAsync();
        return $"{string.Join(',', args)} {ready[0]} {ready[1] == id}";
    });

    [Fact]
    public Task Disconnect_IsAnsweredAndTheSocketStaysOpen() => CompareAsync(async wire =>
    {
        await wire.OpenAsync();
        await wire.SayAsync("disconnect");
        var answer = await wire.HearUntilAsync("disconnect");
        return $"{string.Join(',', answer)} {await wire.HearWithinAsync(TimeSpan.FromSeconds(2))}";
    });

    [Fact]
    public Task Opcode_Unknown_IsIgnored() => CompareAsync(async wire =>
    {
        await wire.OpenAsync();
        await wire.SayAsync("no-such-opcode", "1");
        await wire.SayAsync("", "ping", "1");
        await wire.SayAsync("disconnect");
        return string.Join(',', await wire.HearUntilAsync("disconnect"));
    });

    [Fact]
    public Task User_SilentFor15Seconds_IsDropped() => CompareAsync(async wire =>
    {
        await wire.OpenAsync();
        var started = TimeProvider.System.GetTimestamp();
        var error = await wire.HearUntilAsync("error");
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        return $"{string.Join(',', error)} {string.Join(',', await wire.HearUntilAsync("disconnect"))} {seconds is > 14 and < 18}";
    });

    [Fact]
    public async Task Client_WithTheRealOne_ConnectsJoinsAndTakesLeave()
    {
        var endpoint = RealEndpoint();
        await using var owner = await GuacdConnection.ConnectAsync(
            endpoint, GuacdHandshakes.Ssh(null, ("hostname", "127.0.0.1"), ("port", "1"), ("no-such", "x")), new GuacdTimeouts(), TimeProvider.System, CancellationToken.None);
        await using var watcher = await GuacdConnection.ConnectAsync(
            endpoint, GuacdHandshakes.Join(owner.ConnectionId), new GuacdTimeouts(), TimeProvider.System, CancellationToken.None);
        Assert.Equal(owner.ConnectionId, watcher.ConnectionId);
        Assert.Equal(["no-such"], owner.IgnoredParameters);
        Assert.Equal(GuacdFarewell.Answered, await owner.CloseAsync(CancellationToken.None));

        var gone = new GuacdHandshake { Protocol = "kubernetes" };
        var exception = await Assert.ThrowsAsync<GuacdException>(() => GuacdConnection.ConnectAsync(
            endpoint, gone, new GuacdTimeouts { Args = TimeSpan.FromSeconds(2) }, TimeProvider.System, CancellationToken.None));
        Assert.Equal(GuacdFailure.ProtocolNotInstalled, exception.Failure);
        exception = await Assert.ThrowsAsync<GuacdException>(() => GuacdConnection.ConnectAsync(
            endpoint, GuacdHandshakes.Join("$00000000-0000-0000-0000-000000000000"), new GuacdTimeouts(), TimeProvider.System, CancellationToken.None));
        Assert.Equal(GuacdFailure.NoSuchConnection, exception.Failure);
    }

    private static GuacdEndpoint RealEndpoint()
    {
        var address = Environment.GetEnvironmentVariable("RELAY_TEST_GUACD");
        if (string.IsNullOrEmpty(address))
            Assert.Skip("real-guacd: RELAY_TEST_GUACD is not set");
        var colon = address.LastIndexOf(':');
        return new GuacdEndpoint(address[..colon], int.Parse(address[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task CompareAsync(Func<Wire, Task<string>> observe)
    {
        var endpoint = RealEndpoint();
        await using var fake = FakeGuacd.Start();
        await using var toReal = await Wire.OpenAsync(endpoint);
        await using var toFake = await Wire.OpenAsync(fake.Endpoint);
        var seen = await Task.WhenAll(observe(toReal), observe(toFake)).WaitAsync(TimeSpan.FromSeconds(40));
        Assert.Equal(seen[0], seen[1]);
    }

    /// <summary>A bare socket, so that the client under test cannot hide a difference.</summary>
    private sealed class Wire(GuacdEndpoint endpoint, TcpClient client) : IAsyncDisposable
    {
        private readonly InstructionParser _parser = new();
        private readonly System.IO.Pipelines.PipeReader _input = System.IO.Pipelines.PipeReader.Create(client.GetStream());

        public static async Task<Wire> OpenAsync(GuacdEndpoint endpoint)
        {
            var client = new TcpClient();
            await client.ConnectAsync(endpoint.Host, endpoint.Port).WaitAsync(Patience);
            return new Wire(endpoint, client);
        }

        public Task<Wire> AnotherAsync() => OpenAsync(endpoint);

        public async Task SayAsync(params string[] elements)
        {
            var buffer = new ArrayBufferWriter<byte>();
            InstructionWriter.Write(buffer, Encoding.UTF8.GetBytes(elements[0]), elements.AsSpan(1));
            await client.GetStream().WriteAsync(buffer.WrittenMemory);
        }

        /// <summary>A VNC connection that waits for its target to call (it never does), so that nothing but guacd speaks.</summary>
        public async Task<string[]> OpenAsync()
        {
            await SayAsync("select", "ssh");
            await ConnectAsync(await HearAsync(), "hostname", "127.0.0.1");
            return await HearAsync();
        }

        public async Task ConnectAsync(string[] args, string name, string value)
        {
            await SayAsync("size", "800", "600", "96");
            await SayAsync("audio");
            await SayAsync("video");
            await SayAsync("image", "image/png");
            await SayAsync(["connect", args[1], .. args[2..].Select(arg => arg == name ? value : "")]);
        }

        public async Task<string[]> HearAsync() =>
            await NextAsync(CancellationToken.None).WaitAsync(Patience) ?? throw new EndOfStreamException();

        public async Task<string[]> HearUntilAsync(string opcode)
        {
            while (true)
            {
                var instruction = await NextAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(25)) ?? throw new EndOfStreamException();
                if (instruction[0] == opcode)
                    return instruction;
            }
        }

        public async Task<string> HearWithinAsync(TimeSpan time)
        {
            using var over = new CancellationTokenSource(time);
            try
            {
                return await NextAsync(over.Token) is { } instruction ? string.Join(',', instruction) : "end of stream";
            }
            catch (OperationCanceledException)
            {
                return "silence";
            }
        }

        public ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task<string[]?> NextAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var result = await _input.ReadAsync(cancellationToken);
                var buffer = result.Buffer;
                string[]? elements = _parser.TryRead(ref buffer, out var instruction) ? instruction.ToStrings() : null;
                _input.AdvanceTo(buffer.Start, elements is null ? buffer.End : buffer.Start);
                if (elements is not null || result.IsCompleted)
                    return elements;
            }
        }
    }
}
