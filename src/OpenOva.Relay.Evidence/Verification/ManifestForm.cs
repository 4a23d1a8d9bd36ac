using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>The form of a recording's manifest (README.md section 3.3): every member there and of its type, whether another check uses it or not.</summary>
internal static class ManifestForm
{
    /// <summary>Reads every member.</summary>
    /// <exception cref="EvidenceFormatException">One is missing or of another type.</exception>
    public static void Check(EvidenceObject manifest)
    {
        _ = (manifest.String("organisation"), manifest.String("session"), manifest.String("source"), manifest.Count("epoch"), manifest.Count("sealed_us"));
        foreach (var name in (string[])["decision", "opening"]) _ = (manifest.Object(name).String("id"), manifest.Object(name).Digest("sha256"));
        _ = EcPublicKey.FromJwk(manifest.Object("session_key"));
        Circumstances(manifest);
        var totals = manifest.Object("totals");
        foreach (var name in (string[])["received", "left_out", "synthesised", "recorded"]) _ = Tally.FromJson(totals.Object(name));
        var classes = totals.Object("classes");
        foreach (var name in classes.Names) _ = (classes.Object(name).Boolean("recorded"), Tally.FromJson(classes.Object(name)));
        var segments = manifest.Object("segments");
        _ = (segments.Count("count"), segments.Digest("root"), segments.Digest("head"));
        var recording = Stored(manifest.Object("recording"));
        _ = (recording.Count("raw_bytes"), recording.Digest("raw_sha256"), recording.Count("instructions"));
        Stored(manifest.Object("index"));
        Recovery(manifest);
        foreach (var name in (string[])["tracks", "supplements"])
        {
            foreach (var extra in manifest.Objects(name)) _ = (extra.String("name"), extra.String("key"), extra.Count("bytes"), extra.Digest("sha256"));
        }
    }

    private static void Circumstances(EvidenceObject manifest)
    {
        var (connection, subject, software) = (manifest.Object("connection"), manifest.Object("subject"), manifest.Object("software"));
        _ = (connection.String("name"), connection.String("protocol"), connection.Digest("digest"));
        _ = (subject.String("issuer"), subject.String("sub"));
        _ = (software.String("name"), software.String("version"), software.Digest("sha256"), manifest.Object("guacd").String("version"));
        _ = (manifest.Object("clock").NullableCount("wall_us"), manifest.Object("clock").NullableInt64("sync_ms"));
        var times = manifest.Object("times");
        _ = (times.Count("opened_us"), times.NullableCount("connected_us"), times.Count("ended_us"));
        _ = (manifest.Object("end").String("reason"), manifest.Object("end").Int64("status"));
        foreach (var name in (string[])["heartbeats", "session_ms", "covered_ms", "max_gap_ms"]) _ = manifest.Object("coverage").Count(name);
        _ = (manifest.Object("retention").String("mode"), manifest.Object("retention").Count("until_us"));
        _ = manifest.Strings("not_captured").Count();
    }

    private static void Recovery(EvidenceObject manifest)
    {
        foreach (var gap in manifest.Objects("gaps")) _ = (gap.Int64("after_segment"), gap.String("reason"));
        if (manifest.NullableObject("recovered") is not { } recovered) return;
        _ = (recovered.String("reason"), recovered.Count("from_segment"));
        if (recovered.String("bound") is not ("process-killed" or "power-lost" or "disk-lost")) throw recovered.Error("unknown bound");
    }

    private static EvidenceObject Stored(EvidenceObject stored)
    {
        _ = (stored.String("bucket"), stored.String("key"), stored.Count("bytes"), stored.Digest("sha256"));
        return stored;
    }
}
