using System.Text.Json;
using System.Text.Json.Serialization;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>An object's meta.json.</summary>
internal sealed partial class DirectoryObjectStore
{
    private async Task ReplaceMetaAsync(string bucket, string place, Meta meta, CancellationToken cancellation)
    {
        var building = NewTemporary(bucket);
        Directory.CreateDirectory(building);
        await WriteMetaAsync(building, meta, cancellation);
        File.Move(Path.Combine(building, "meta.json"), Path.Combine(place, "meta.json"), overwrite: true);
        DirectorySync.Flush(place);
        Directory.Delete(building);
    }

    private static async Task WriteMetaAsync(string directory, Meta meta, CancellationToken cancellation)
    {
        await using var file = new FileStream(
            Path.Combine(directory, "meta.json"), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write });
        await JsonSerializer.SerializeAsync(file, meta, JsonSerializerOptions.Web, cancellation);
        file.Flush(flushToDisk: true);
    }

    private static async Task<Meta?> ReadMetaAsync(string place, CancellationToken cancellation)
    {
        try
        {
            await using var file = new FileStream(Path.Combine(place, "meta.json"), Reading(FileOptions.Asynchronous));
            return await JsonSerializer.DeserializeAsync<Meta>(file, JsonSerializerOptions.Web, cancellation)
                ?? throw new JsonException("meta.json holds null.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException exception)
        {
            throw new ObjectStoreUnavailableException($"{place} cannot be read.", exception);
        }
    }

    /// <summary>meta.json. Times in microseconds UTC; members may be added, never renamed.</summary>
    private sealed record Meta(string VersionId, string Sha256, long Bytes, long CreatedUs)
    {
        public string? RetentionMode { get; init; }

        public long? RetainUntilUs { get; init; }

        public bool Held { get; init; }

        [JsonIgnore]
        public Retention? Retention => RetentionMode is null || RetainUntilUs is not { } until
            ? null
            : new Retention(Enum.Parse<RetentionMode>(RetentionMode), RowClock.FromUnixMicroseconds(until));

        public Meta With(Retention? retention) =>
            retention is null ? this : this with { RetentionMode = retention.Mode.ToString(), RetainUntilUs = retention.Until.ToUnixMicroseconds() };

        public StoredObject ToStored(string key) => new(key, VersionId, Bytes, Sha256) { Retention = Retention, Held = Held };
    }
}
