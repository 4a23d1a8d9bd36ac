using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>
/// The fake guacd stands for the real one only as far as both pass the same test. RELAY_TEST_GUACD is host:port of a guacd 1.3.0 with
/// ssh, vnc, rdp and telnet and without kubernetes, on this machine: where a target is needed, it is a telnet server in the test that
/// never says a word.
/// </summary>
[Trait("Kind", "Real")]
public sealed class FakeGuacdAgainstRealTests : IDisposable
{
    private readonly TcpListener _target = new(IPAddress.Loopback, 0);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public FakeGuacdAgainstRealTests() => _target.Start();

    private (string Name, string Value)[] Target =>
        [("hostname", "127.0.0.1"), ("port", ((IPEndPoint)_target.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture))];

    public void Dispose() => _target.Dispose();

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
        var ready = await wire.OpenAsync(Target);
        return $"{ready.Length} {ready[0]} {ready[1].Length} {ready[1][0]} {Guid.TryParseExact(ready[1][1..], "D", out _)} {!ready[1].Any(char.IsAsciiLetterUpper)}";
    });

    // The connection's process ends as it finds no plugin. Where it was handed the connection before, nobody ever closes it; where it was not, guacd does at once.
    [Fact]
    public Task Select_OfAMissingPlugin_IsNotAnswered() => CompareAsync(async wire =>
    {
        await wire.SayAsync("select", "kubernetes");
        var heard = await wire.HearWithinAsync(TimeSpan.FromSeconds(3));
        return heard == "end of stream" ? "silence" : heard;
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
        var id = (await wire.OpenAsync(Target))[1];
        await wire.HearUntilAsync("sync"); // a join before it crashes guacd 1.3.0
        await using var second = await wire.AnotherAsync();
        await second.SayAsync("select", id);
        var args = await second.HearAsync();
        await second.ConnectAsync(args, ("read-only", "true"));
        var ready = await second.HearAsync();
        return $"{string.Join(',', args)} {ready[0]} {ready[1] == id}";
    });

    [Fact]
    public Task Disconnect_IsAnsweredAndTheSocketStaysOpen() => CompareAsync(async wire =>
    {
        await wire.OpenAsync(Target);
        await wire.SayAsync("disconnect");
        var answer = await wire.HearUntilAsync("disconnect");
        return $"{string.Join(',', answer)} {await wire.HearWithinAsync(TimeSpan.FromSeconds(2))}";
    });

    [Fact]
    public Task Opcode_Unknown_IsIgnored() => CompareAsync(async wire =>
    {
        await wire.OpenAsync(Target);
        await wire.SayAsync("no-such-opcode", "1");
        await wire.SayAsync("", "ping", "1");
        await wire.SayAsync("disconnect");
        return string.Join(',', await wire.HearUntilAsync("disconnect"));
    });

    [Fact]
    public Task User_SilentFor15Seconds_IsDropped() => CompareAsync(async wire =>
    {
        await wire.OpenAsync(Target);
        var started = TimeProvider.System.GetTimestamp();
        var error = await wire.HearUntilAsync("error");
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        return $"{string.Join(',', error)} {string.Join(',', await wire.HearUntilAsync("disconnect"))} {seconds is > 14 and < 18}";
    });

    [Fact]
    public async Task Client_WithTheRealOne_ConnectsJoinsAndTakesLeave()
    {
        var endpoint = RealEndpoint();
        var telnet = new GuacdHandshake
        {
            Protocol = "telnet", Parameters = Target.Append(("no-such", "x")).ToDictionary(pair => pair.Item1, pair => pair.Item2),
        };
        await using var owner = await GuacdConnection.ConnectAsync(
            endpoint, telnet, new GuacdTimeouts(), TimeProvider.System, CancellationToken.None);
        await GuacdHandshakes.ReadUntilAsync(owner, "sync");
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
        return new GuacdEndpoint(address[..colon], int.Parse(address[(colon + 1)..], CultureInfo.InvariantCulture));
    }

    private static async Task CompareAsync(Func<Wire, Task<string>> observe)
    {
        var endpoint = RealEndpoint();
        await using var fake = FakeGuacd.Start(new() { Play = FakeGuacdPlay.Script(["sync", "1"]) });
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

        public async Task<string[]> OpenAsync((string Name, string Value)[] target)
        {
            await SayAsync("select", "telnet");
            await ConnectAsync(await HearAsync(), target);
            return await HearAsync();
        }

        public async Task ConnectAsync(string[] args, params (string Name, string Value)[] values)
        {
            await SayAsync("size", "800", "600", "96");
            await SayAsync("audio");
            await SayAsync("video");
            await SayAsync("image", "image/png");
            await SayAsync(["connect", args[1], .. args[2..].Select(arg => values.FirstOrDefault(pair => pair.Name == arg).Value ?? "")]);
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
