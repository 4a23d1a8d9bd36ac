using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>What the tests of the guacd client have in common.</summary>
internal static class GuacdHandshakes
{
    /// <summary>One that tells guacd all there is to tell about the user.</summary>
    public static GuacdHandshake Told(string protocol) => new()
    {
        Protocol = protocol,
        Display = new GuacdDisplay(1280, 720, 110),
        AudioMimetypes = ["audio/L16"],
        ImageMimetypes = ["image/png", "image/webp"],
        Timezone = "Europe/Berlin",
        Name = "Zoë",
    };

    public static GuacdHandshake Ssh(GuacdSecrets? secrets = null, params (string Name, string Value)[] parameters) => new()
    {
        Protocol = "ssh",
        Parameters = parameters.ToDictionary(pair => pair.Name, pair => pair.Value),
        Secrets = secrets,
    };

    public static GuacdHandshake Join(string connectionId, bool readOnly = true) => new() { JoinId = connectionId, JoinReadOnly = readOnly };

    public static ValueTask<IReadOnlyDictionary<string, string>> Values(params (string Name, string Value)[] values) =>
        ValueTask.FromResult<IReadOnlyDictionary<string, string>>(values.ToDictionary(pair => pair.Name, pair => pair.Value));

    public static async Task<GuacdConnection> ConnectAsync(
        FakeGuacd guacd, GuacdHandshake handshake, GuacdTimeouts? timeouts = null, TimeProvider? time = null) =>
        await GuacdConnection.ConnectAsync(
            guacd.Endpoint, handshake, timeouts ?? GuacdTimeouts.Default, time ?? TimeProvider.System, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Reads up to an instruction of that name: the names a required asks for, and its first argument as a number.</summary>
    public static async Task<(IReadOnlyList<string> Names, long Number)> ReadUntilAsync(GuacdConnection connection, string opcode)
    {
        var parser = new InstructionParser();
        while (true)
        {
            var result = await connection.Input.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
            var buffer = result.Buffer;
            var found = false;
            (IReadOnlyList<string> Names, long Number) answer = ([], 0);
            while (!found && parser.TryRead(ref buffer, out var instruction))
            {
                found = instruction.GetString(0) == opcode;
                instruction.TryGetInt64(1, out var number);
                answer = (GuacdConnection.ReadRequired(instruction), number);
            }
            connection.Input.AdvanceTo(buffer.Start, buffer.End);
            if (found)
                return answer;
            Assert.False(result.IsCompleted, "the stream ended");
        }
    }
}
