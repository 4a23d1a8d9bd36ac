using System.Collections.Immutable;

namespace OpenOva.Relay.Connections;

/// <summary>Reads <c>spec.channels</c>, and holds what the connection tells guacd itself against it.</summary>
internal static class ChannelsReader
{
    private const string DisableAudio = "disable-audio";

    public static Channels Read(
        YamlFields spec, string protocol, ImmutableSortedDictionary<string, string> parameters, ImmutableSortedDictionary<string, SecretLocation> secrets)
    {
        var fields = spec.Mapping("channels");
        var channels = Of(Channels.ClipboardIn, fields?.Boolean("clipboardIn"))
            | Of(Channels.ClipboardOut, fields?.Boolean("clipboardOut"))
            | Of(Channels.FileUpload, fields?.Boolean("fileUpload"))
            | Of(Channels.FileDownload, fields?.Boolean("fileDownload"))
            | Of(Channels.Printing, fields?.Boolean("printing"))
            // The target's sound is part of what it shows, unless the connection has turned it off already.
            | Of(Channels.AudioOut, fields?.Boolean("audioOut") ?? parameters.GetValueOrDefault(DisableAudio) != "true")
            | Of(Channels.AudioIn, fields?.Boolean("audioIn"));
        fields?.RefuseOthers();
        if (ChannelParameters.Contradicting(protocol, channels, parameters) is { } parameter)
            throw spec.Mapping("parameters")!.Fault(parameter, "contradicts spec.channels, which decides it: remove one of the two");
        // What a secret says is known only when a session connects, and it must not undo what stands here.
        if (secrets.Keys.FirstOrDefault(name => ChannelParameters.Decide(protocol, name)) is { } secret)
            throw spec.Mapping("secretRef")!.Fault(secret, "is decided by spec.channels");
        return channels;
    }

    private static Channels Of(Channels channel, bool? isOpen) => isOpen == true ? channel : Channels.None;
}
