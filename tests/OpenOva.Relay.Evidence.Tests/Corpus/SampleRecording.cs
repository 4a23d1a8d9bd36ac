using System.Text;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

/// <summary>One recording as the recorder would leave it, made with the product's own writers.</summary>
public sealed class SampleRecording : IDisposable
{
    private readonly SegmentBuilder _builder;
    private readonly string _session;
    private readonly MemoryStream _object = new();
    private readonly SealedObjectWriter _writer;
    private readonly MerkleFrontier _tree = new();
    private readonly List<Heartbeat> _heartbeats = [];
    private long _wallUs;
    private long _monoMs = 500_000;

    public SampleRecording(string session, string openingDigest, long beginUs)
    {
        _session = session;
        _builder = new(SampleBundle.Organisation, session, 1, openingDigest);
        _writer = new(_object);
        _wallUs = beginUs;
    }

    public List<string> Heads { get; } = [];

    public long NowUs => _wallUs;

    public byte[] Object => _object.ToArray();

    public static byte[] Instruction(string opcode, params string[] arguments) =>
        Encoding.UTF8.GetBytes(string.Join(',', arguments.Prepend(opcode).Select(e => $"{e.EnumerateRunes().Count()}.{e}")) + ";");

    public SampleRecording Draw(InstructionClass c, string opcode, params string[] arguments)
    {
        var raw = Instruction(opcode, arguments);
        _builder.Totals.Add(c, 1, raw.Length);
        long? sync = c == InstructionClass.Sync ? long.Parse(arguments[0], System.Globalization.CultureInfo.InvariantCulture) : null;
        if (c.IsRecorded()) _builder.Append(raw, 1, sync, sync, _wallUs);
        return this;
    }

    public SampleRecording Heartbeat(int afterMs)
    {
        _monoMs += afterMs;
        _wallUs += afterMs * 1_000L;
        var beat = new Heartbeat(_monoMs, _wallUs, _builder.Totals.Received.Bytes, _builder.RawBytes);
        _heartbeats.Add(beat);
        _builder.AddHeartbeat(beat);
        return this;
    }

    public async Task CloseAsync(ISigningKey key, SegmentSigner signer)
    {
        var closed = await _builder.CloseAsync(key, signer, _wallUs, CancellationToken.None);
        await _writer.WriteAsync(closed.Jws.Compact, closed.Raw, CancellationToken.None);
        _tree.Append(MerkleHash.Leaf(Encoding.ASCII.GetBytes(closed.Jws.Compact)));
        Heads.Add(closed.Jws.Digest);
    }

    public async Task<(RecordingIndex Index, Jws Manifest)> SealAsync(
        EventReference decision, EventReference opening, EcPublicKey sessionKey, Recovery? recovered, long openedUs, long sealedUs, ISigningKey key)
    {
        var index = await _writer.FinishAsync(SampleBundle.Organisation, _session);
        var indexBytes = index.Encode();
        var manifest = new RecordingManifest
        {
            Organisation = SampleBundle.Organisation,
            Session = _session,
            Epoch = 1,
            SealedUs = sealedUs,
            Connection = new("core-banking-bastion", "ssh", Digests.Hex("the connection")),
            Subject = new(SampleBundle.Issuer, SampleBundle.Sub),
            Decision = decision,
            Opening = opening,
            SessionKey = sessionKey,
            SoftwareVersion = "0.1.0",
            SoftwareSha256 = Digests.Hex("the program"),
            GuacdVersion = "VERSION_1_3_0",
            ClockWallUs = openedUs + 700_000,
            ClockSyncMs = 1_000,
            OpenedUs = openedUs,
            ConnectedUs = openedUs + 700_000,
            EndedUs = _wallUs,
            EndReason = recovered is null ? "CLIENT_LEFT" : "REPLICA_LOST",
            EndStatus = 0,
            Totals = _builder.Totals,
            Coverage = Coverage.Measure(500_000, _heartbeats.Select(h => h.MonoMs), _monoMs),
            Recovered = recovered,
            SegmentCount = Heads.Count,
            SegmentRoot = Convert.ToHexStringLower(_tree.Root()),
            SegmentHead = _builder.Head,
            Recording = new("guacamole-recordings", $"acme/{_session}.guac.gz", index.ObjectBytes, index.ObjectSha256),
            RawBytes = index.RawBytes,
            RawSha256 = index.RawSha256,
            Instructions = _writer.Instructions,
            Index = new("guacamole-recordings", $"acme/{_session}.index.json", indexBytes.Length, Digests.Hex(indexBytes)),
            Retention = new("GOVERNANCE", sealedUs + 365L * 86_400_000_000),
        };
        return (index, await manifest.SignAsync(key, CancellationToken.None));
    }

    public void Dispose()
    {
        _builder.Dispose();
        _object.Dispose();
    }
}
