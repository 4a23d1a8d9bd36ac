using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>Changes an event's data before it is written.</summary>
internal delegate void Alter(JsonObject data);

/// <summary>Writes events as the slices do, a second apart, and lets a test spoil any of them.</summary>
internal sealed class LeafBook
{
    public const string Organisation = "acme";
    public const string Issuer = "https://sso.example/realms/acme";
    public const string Manifest = "aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11";
    public const string Connection = "bb22bb22bb22bb22bb22bb22bb22bb22bb22bb22bb22bb22bb22bb22bb22bb22";

    /// <summary>2026-03-02 08:00:00 UTC, a Monday.</summary>
    public const long StartUs = 1_772_438_400_000_000;

    public const long DayUs = 86_400_000_000;

    public List<(string Type, long TimeUs, JsonObject Data)> Events { get; } = [];

    /// <summary>The time of the next event.</summary>
    public long NowUs { get; set; } = StartUs;

    public IEnumerable<LedgerLeaf> Leaves => Events.Select((e, i) =>
        LedgerLeaf.Parse(LedgerLeaf.Encode(Organisation, i, Id(9_000_000 + i), e.TimeUs, e.Type, CanonicalJson.Encode(e.Data)), $"leaf {i}"));

    public static string Id(long number) => $"019c0000-0000-7000-8000-{number:x12}";

    public LeafBook Add(string type, JsonObject data, Alter? alter = null)
    {
        alter?.Invoke(data);
        Events.Add((type, NowUs, data));
        NowUs += 1_000_000;
        return this;
    }

    public LeafBook Decide(int n, bool allowed = true, Alter? alter = null, string protocol = "ssh") => Add(LedgerEventTypes.AccessDecided, new JsonObject
    {
        ["decision"] = Id(1_000 + n),
        ["allowed"] = allowed,
        ["reason"] = allowed ? "admitted" : "audience-role-missing",
        ["subject"] = Subject(n),
        ["connection"] = new JsonObject { ["name"] = $"{protocol}-db", ["digest"] = Connection, ["protocol"] = protocol },
        ["inputs"] = new JsonObject { ["acr"] = "2", ["auth_time_us"] = NowUs - 3_600_000_000, ["gateway_client"] = "gateway", ["time_us"] = NowUs },
    }, alter);

    public LeafBook Open(int n, Alter? alter = null, string protocol = "ssh") => Add(LedgerEventTypes.SessionOpened, new JsonObject
    {
        ["session"] = Id(n),
        ["decision"] = Id(1_000 + n),
        ["connection"] = new JsonObject { ["name"] = $"{protocol}-db", ["digest"] = Connection, ["protocol"] = protocol },
        ["subject"] = Subject(n),
        ["recording_required"] = true,
        ["jit"] = false,
        ["ticket_expires_us"] = NowUs + 30_000_000,
        ["purpose"] = null,
        ["ticket_reference"] = null,
        ["gateway_client"] = "gateway",
    }, alter);

    public LeafBook Record(int n) => Add(LedgerEventTypes.RecordingOpened, new JsonObject
    {
        ["session"] = Id(n),
        ["epoch"] = 1,
        // The curve's own base point: a key that is the same in every run.
        ["session_key"] = new JsonObject
        {
            ["crv"] = "P-256", ["kty"] = "EC", ["x"] = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", ["y"] = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        },
        ["replica"] = "relay-0",
    });

    public LeafBook Connect(int n) => Add(LedgerEventTypes.SessionConnected, new JsonObject { ["session"] = Id(n), ["epoch"] = 1, ["connected_us"] = NowUs });

    public LeafBook End(int n, bool connected = true, bool recorded = true, Alter? alter = null) => Add(LedgerEventTypes.SessionEnded, new JsonObject
    {
        ["session"] = Id(n), ["epoch"] = 1, ["connected"] = connected, ["recorded"] = recorded, ["reason"] = "CLIENT_LEFT", ["status"] = 0, ["failure"] = null, ["ended_us"] = NowUs,
    }, alter);

    public LeafBook Seal(int n, Alter? alter = null) => Seal(LedgerEventTypes.RecordingSealed, n, alter);

    public LeafBook Supplement(int n, Alter? alter = null) => Seal(LedgerEventTypes.RecordingSupplemented, n, alter);

    private LeafBook Seal(string type, int n, Alter? alter) => Add(type, new JsonObject
    {
        ["session"] = Id(n),
        ["epoch"] = 1,
        ["manifest_sha256"] = Manifest,
        ["state"] = "complete",
        ["gaps"] = 0,
        ["bound"] = null,
        ["coverage"] = new JsonObject { ["heartbeats"] = 30, ["session_ms"] = 60_000, ["covered_ms"] = 60_000, ["max_gap_ms"] = 2_010 },
        ["retention_until_us"] = NowUs + 30 * DayUs,
        ["lock"] = "GOVERNANCE",
    }, alter);

    public LeafBook Verify(int n, bool held = true, string failed = "object", Alter? alter = null) => Add(LedgerEventTypes.RecordingVerified, new JsonObject
    {
        ["session"] = Id(n),
        ["manifest_sha256"] = Manifest,
        ["held"] = held,
        ["by"] = "relay",
        ["checks"] = new JsonArray(
            new JsonObject { ["name"] = "manifest", ["outcome"] = "held" },
            new JsonObject { ["name"] = failed, ["outcome"] = held ? "held" : "failed" }),
    }, alter);

    public LeafBook View(int n) => Add(LedgerEventTypes.RecordingViewed, new JsonObject
    {
        ["session"] = Id(n), ["subject"] = new JsonObject { ["issuer"] = Issuer, ["sub"] = "auditor" }, ["part"] = "recording", ["purpose"] = Connection,
    });

    /// <summary>A session in good order, from decision to verification.</summary>
    public LeafBook Good(int n, string protocol = "ssh") => Decide(n, protocol: protocol).Open(n, protocol: protocol).Record(n).Connect(n).End(n).Seal(n).Verify(n);

    private static JsonObject Subject(int n) => new() { ["issuer"] = Issuer, ["sub"] = $"person-{n % 5}" };
}
