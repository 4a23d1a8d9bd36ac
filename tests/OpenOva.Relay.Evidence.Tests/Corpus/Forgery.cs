using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

/// <summary>Writes containers that the product's writer refuses to write: entries twice, out of order, or with records of another make.</summary>
public static class Forgery
{
    /// <summary>A container whose headers are right for the entries in this order, whatever they are.</summary>
    public static byte[] Zip(IEnumerable<(string Name, byte[] Data)> files)
    {
        using var to = new MemoryStream();
        var entries = new List<ZipEntry>();
        foreach (var (name, data) in files)
        {
            var crc = new OpenOva.Relay.Evidence.Recording.Crc32();
            crc.Append(data);
            entries.Add(new(name, data.Length, crc.Value, to.Position));
            to.Write(ZipRecords.Local(entries[^1]));
            to.Write(data);
        }

        var directory = to.Position;
        foreach (var entry in entries) to.Write(ZipRecords.Central(entry));
        to.Write(ZipRecords.End(entries.Count, to.Position - directory, directory));
        return to.ToArray();
    }

    /// <summary>The entries of a bundle in their order.</summary>
    public static List<(string Name, byte[] Data)> Unzip(byte[] bundle)
    {
        var container = BundleContainer.Open(new MemoryStream(bundle));
        return [.. container.Entries.Select(e => (e.Name, container.ReadEntry(e.Name, int.MaxValue)))];
    }

    /// <summary>Changes the outer manifest and signs it again.</summary>
    public static async Task<byte[]> WithManifestAsync(byte[] bundle, Action<JsonObject> change, ISigningKey key)
    {
        var files = Unzip(bundle);
        var payload = SampleBundle.Payload(files[^1].Data);
        change(payload);
        files[^1] = (BundlePath.Manifest, await SampleBundle.SignAsync(JwsTypes.Bundle, payload, key));
        return Zip(files);
    }

    /// <summary>A JWS whose header and payload are given as text, so that they need not be canonical.</summary>
    public static byte[] RawJws(string header, string payload, P256SigningKey key)
    {
        var input = $"{Encode(header)}.{Encode(payload)}";
        return Encoding.ASCII.GetBytes($"{input}.{System.Buffers.Text.Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(input)))}");
        static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    public static int Find(byte[] bundle, string text, int from = 0) => bundle.AsSpan(from).IndexOf(Encoding.ASCII.GetBytes(text)) + from;
}
