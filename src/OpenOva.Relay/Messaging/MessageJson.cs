using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpenOva.Relay.Messaging;

internal static class MessageJson
{
    /// <summary>How bodies stand in the outbox. Members may be added to a message, never renamed; enums are stored by name.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}
