using System.Globalization;

namespace OpenOva.Relay.Guacamole;

/// <summary>
/// The second phase (guacd's connection.c and user-handshake.c):
/// <code>
/// (1) we   select,&lt;protocol or $id&gt;
/// (2) guacd args,VERSION_x_y_z,&lt;name&gt;...
/// (3) we   size,&lt;w&gt;,&lt;h&gt;,&lt;dpi&gt;  audio,...  video,...  image,...  [timezone,&lt;tz&gt;]  [name,&lt;name&gt;]
/// (4) we   connect,VERSION_x_y_z,&lt;one value for each name, in guacd's order&gt;
/// (5) guacd ready,$&lt;uuid&gt;
/// </code>
/// </summary>
public sealed partial class GuacdConnection
{
    private readonly InstructionParser _handshakeParser = new();

    // Values sent in connect, to be blotted out of anything guacd says before ready.
    private IReadOnlyList<string> _sentValues = [];

    private async Task ShakeHandsAsync(GuacdHandshake handshake, CancellationToken cancellationToken)
    {
        try
        {
            // (1), (2)
            var args = await WithinAsync(
                _timeouts.Args, ct => SelectAsync(handshake, ct), () => NoArgs(handshake), cancellationToken);
            var versioned = args.Length > 1 && GuacamoleVersion.IsToken(args[1]);
            if (versioned)
                Version = GuacamoleVersion.LowestCommon(GuacamoleVersion.V150, GuacamoleVersion.ParseOrBaseline(args[1]));
            ArgNames = args[(versioned ? 2 : 1)..];

            // Not under a timeout: the caller's vault has its own.
            var values = await MapValuesAsync(handshake, cancellationToken);

            // (3), (4), (5)
            ConnectionId = await WithinAsync(
                _timeouts.Ready, ct => AskAsync(handshake, VersionAnswer(args, versioned), values, ct), NoReady, cancellationToken);
            if (handshake.IsJoin && !string.Equals(ConnectionId, handshake.Select, StringComparison.Ordinal))
                throw Malformed("it joined another connection than the one asked for");
        }
        catch (IOException exception)
        {
            throw Closed(handshake, "the connection broke", exception);
        }
        finally
        {
            _sentValues = [];
        }
    }

    private async Task<string[]> SelectAsync(GuacdHandshake handshake, CancellationToken cancellationToken)
    {
        using var buffer = new ZeroedBuffer(HandshakeCapacity);
        InstructionWriter.Write(buffer, Opcodes.Select, handshake.Select);
        await SendNowAsync(buffer, cancellationToken);
        return await ExpectAsync("args", handshake, cancellationToken);
    }

    // What the version slot of connect must hold; null when guacd's args had no such slot.
    private string? VersionAnswer(string[] args, bool versioned) =>
        !versioned ? null : args[1].Length == 0 ? "" : Version.ToString();

    private async Task<string> AskAsync(
        GuacdHandshake handshake, string? version, string[] values, CancellationToken cancellationToken)
    {
        using (var buffer = new ZeroedBuffer(HandshakeCapacity))
        {
            WriteHandshake(buffer, handshake);
            await SendNowAsync(buffer, cancellationToken);
        }
        using (var buffer = new ZeroedBuffer(HandshakeCapacity))
        {
            WriteConnect(buffer, version is null ? values : [version, .. values]);
            await SendNowAsync(buffer, cancellationToken);
        }

        var ready = await ExpectAsync("ready", handshake, cancellationToken);
        return ready.Length >= 2 && ready[1].StartsWith('$') ? ready[1] : throw Malformed("its ready carries no connection id");
    }

    private void WriteHandshake(ZeroedBuffer buffer, GuacdHandshake handshake)
    {
        var display = handshake.Display;
        try
        {
            InstructionWriter.Write(buffer, Opcodes.Size, Text(display.Width), Text(display.Height), Text(display.Dpi));
            InstructionWriter.Write(buffer, Opcodes.Audio, [.. handshake.AudioMimetypes]);
            InstructionWriter.Write(buffer, Opcodes.Video, [.. handshake.VideoMimetypes]);
            InstructionWriter.Write(buffer, Opcodes.Image, [.. handshake.ImageMimetypes]);
            if (handshake.Timezone is not null && Version >= GuacamoleVersion.V110)
                InstructionWriter.Write(buffer, Opcodes.Timezone, handshake.Timezone);
            if (handshake.Name is not null && Version >= GuacamoleVersion.V150)
                InstructionWriter.Write(buffer, Opcodes.Name, handshake.Name);
        }
        catch (ArgumentException exception)
        {
            throw new GuacdException(GuacdFailure.ParameterInvalid, "The user's display, mimetypes, time zone or name are too long for guacd.", exception);
        }
    }

    private static void WriteConnect(ZeroedBuffer buffer, string[] values)
    {
        try
        {
            InstructionWriter.Write(buffer, Opcodes.Connect, values);
        }
        catch (ArgumentException exception)
        {
            throw new GuacdException(
                GuacdFailure.ParameterInvalid,
                $"The parameters together exceed the {GuacamoleLimits.MaxInstructionBytes} bytes that guacd reads as one instruction.",
                exception);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
