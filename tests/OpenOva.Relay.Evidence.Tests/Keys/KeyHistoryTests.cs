using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Tests.Corpus;

namespace OpenOva.Relay.Evidence.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class KeyHistoryTests : IDisposable
{
    private readonly SampleKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Signed_AtTheBoundsOfAPeriod_FirstInclusiveLastExclusive()
    {
        var history = KeyHistory.Parse(Encoding.ASCII.GetBytes((await _keys.HistoryAsync()).Jws.Compact), "keys");
        var byOld = await Jws.SignAsync(JwsTypes.Checkpoint, new JsonObject { ["v"] = 1 }, _keys.Old);
        var byPresent = await Jws.SignAsync(JwsTypes.Checkpoint, new JsonObject { ["v"] = 1 }, _keys.Present);
        var (from, until) = (history.Keys[0].FromUs, history.Keys[0].UntilUs!.Value);

        Assert.Equal([false, true, true, false], new[] { from - 1, from, until - 1, until }.Select(t => history.Signed(byOld, t)));
        Assert.Equal([false, true, true], new[] { until - 1, until, long.MaxValue }.Select(t => history.Signed(byPresent, t)));
        Assert.False(history.Signed(await Jws.SignAsync(JwsTypes.Checkpoint, new JsonObject { ["v"] = 1 }, _keys.Root), until));
        Assert.False(history.Signed(await Jws.SignAsync(JwsTypes.Checkpoint, new JsonObject { ["v"] = 1 }, _keys.Foreign), until));
    }

    [Fact]
    public async Task Rotation_LeavesTheFingerprint_AnotherRootDoesNot()
    {
        var before = await KeyHistory.SignAsync("acme", 1, 1, [new(_keys.Old.PublicKey, 0, null)], _keys.Root, CancellationToken.None);
        var after = await _keys.HistoryAsync();
        var other = await _keys.HistoryAsync(_keys.ForeignRoot);

        Assert.Equal((_keys.Fingerprint, _keys.Fingerprint), (before.Fingerprint, after.Fingerprint));
        Assert.NotEqual(_keys.Fingerprint, KeyHistory.Parse(Encoding.ASCII.GetBytes(other.Jws.Compact), "keys").Fingerprint);
    }

    [Fact]
    public async Task Parse_KidOfAnotherKeyInTheHeader_IsRefused()
    {
        var payload = SampleBundle.Payload(Encoding.ASCII.GetBytes((await _keys.HistoryAsync()).Jws.Compact)).ToJsonString();
        var jwk = Encoding.UTF8.GetString(OpenOva.Relay.Evidence.Json.CanonicalJson.Encode(_keys.ForeignRoot.PublicKey.ToJwk()));
        var forged = Forgery.RawJws($$"""{"alg":"ES256","jwk":{{jwk}},"kid":"{{_keys.Fingerprint}}","typ":"relay-key-history+jws"}""", payload, _keys.ForeignRoot);

        Assert.Throws<EvidenceFormatException>(() => KeyHistory.Parse(forged, "keys"));
    }
}
