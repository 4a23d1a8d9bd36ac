using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>The person's screen and what his client can take.</summary>
internal sealed record TunnelDisplay(GuacdDisplay Display, string? Timezone, IReadOnlyList<string> Images, IReadOnlyList<string> Audio, IReadOnlyList<string> Video)
{
    private const int MaxPixels = 16_384;
    private const int MaxDpi = 1_000;
    private const int MaxTimezoneLength = 64;
    private const int MaxMimetypes = 32;
    private const int MaxMimetypeLength = 100;

    /// <summary>What a client says of itself, through whichever door, held against the contract's limits.</summary>
    /// <exception cref="RelayException">INVALID_ARGUMENT, with the field's name.</exception>
    public static TunnelDisplay Of(TunnelStart start)
    {
        if (start.Width is < 0 or > MaxPixels) throw RelayException.InvalidField("width");
        if (start.Height is < 0 or > MaxPixels) throw RelayException.InvalidField("height");
        if (start.Dpi is < 0 or > MaxDpi) throw RelayException.InvalidField("dpi");
        // guacd makes it the TZ of the target's shell.
        if (start.Timezone.Length > MaxTimezoneLength || !start.Timezone.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')) throw RelayException.InvalidField("timezone");
        var standard = new GuacdDisplay();
        var display = new GuacdDisplay(
            start.Width == 0 ? standard.Width : start.Width, start.Height == 0 ? standard.Height : start.Height, start.Dpi == 0 ? standard.Dpi : start.Dpi);
        return new(
            display, start.Timezone.Length == 0 ? null : start.Timezone,
            start.ImageMimetypes.Count == 0 ? ["image/png", "image/jpeg"] : Mimetypes(start.ImageMimetypes, "image_mimetypes"),
            Mimetypes(start.AudioMimetypes, "audio_mimetypes"), Mimetypes(start.VideoMimetypes, "video_mimetypes"));
    }

    private static IReadOnlyList<string> Mimetypes(Google.Protobuf.Collections.RepeatedField<string> given, string field) =>
        given.Count <= MaxMimetypes && given.All(m => m.Length is > 0 and <= MaxMimetypeLength) ? [.. given] : throw RelayException.InvalidField(field);
}
