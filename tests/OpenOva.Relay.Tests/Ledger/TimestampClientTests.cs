using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using OpenOva.Relay.Ledger.Stamps;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>No stamp is believed that an auditor would not believe.</summary>
[Trait("Kind", "Fast")]
public sealed class TimestampClientTests : IAsyncLifetime
{
    private static readonly byte[] Imprint = SHA256.HashData("a root"u8);
    private readonly ManualTime _clock = new();
    private ScriptedAuthority _authority = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _authority = await ScriptedAuthority.StartAsync(_clock.GetUtcNow());

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task Stamp_ThatIsRight_IsTaken()
    {
        using var client = Client();

        var stamp = await client.StampAsync(Imprint, Cancellation);

        Assert.Equal((Convert.ToHexString(Imprint), _clock.GetUtcNow(), ScriptedAuthority.Policy), (Convert.ToHexString(stamp.Imprint), stamp.GenTime, stamp.Policy));
    }

    [Fact]
    public async Task Query_EachTime_HasANonceOfItsOwnAndTheCredentials()
    {
        var nonces = new List<string>();
        _authority.Answer = query =>
        {
            nonces.Add(Convert.ToHexString(query.GetNonce()!.Value.Span));
            return _authority.Reply(_authority.Info(query));
        };
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "Basic abc\n", Cancellation);
        using var client = Client(options => options.AuthorizationFile = file);

        await client.StampAsync(Imprint, Cancellation);
        await client.StampAsync(Imprint, Cancellation);

        Assert.Equal(2, nonces.Distinct().Count());
        Assert.All(nonces, nonce => Assert.True(nonce.Length >= 16));
        Assert.Equal(["Basic abc", "Basic abc"], _authority.Authorizations);
        File.Delete(file);
    }

    [Theory]
    [InlineData("imprint")]
    [InlineData("nonce")]
    [InlineData("no nonce")]
    [InlineData("policy")]
    [InlineData("purpose")]
    [InlineData("no purpose")]
    [InlineData("purpose not critical")]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("foreign root")]
    [InlineData("truncated")]
    [InlineData("something behind")]
    [InlineData("signature")]
    [InlineData("rejected")]
    [InlineData("empty")]
    [InlineData("500")]
    [InlineData("huge")]
    public async Task Stamp_WithOneThingWrong_IsRefused(string wrong)
    {
        await using var foreign = await ScriptedAuthority.StartAsync(_clock.GetUtcNow());
        _authority.Signer = wrong switch
        {
            "purpose" => _authority.Certificate(purpose: "1.3.6.1.5.5.7.3.1"),
            "no purpose" => _authority.Certificate(purpose: ""),
            "purpose not critical" => _authority.Certificate(critical: false),
            "expired" => _authority.Certificate(daysFrom: -30, daysTo: -1),
            "not yet valid" => _authority.Certificate(daysFrom: 1, daysTo: 30),
            "foreign root" => foreign.Signer,
            _ => _authority.Signer,
        };
        _authority.Answer = query => wrong switch
        {
            "imprint" => _authority.Reply(_authority.Info(query, imprint: SHA256.HashData("another"u8))),
            "nonce" => _authority.Reply(_authority.Info(query, nonce: [1, 2, 3, 4, 5, 6, 7, 8])),
            "no nonce" => _authority.Reply(new Rfc3161TimestampTokenInfo(new Oid(ScriptedAuthority.Policy), query.HashAlgorithmId, query.GetMessageHash(), new byte[] { 7 }, _clock.GetUtcNow())),
            "policy" => _authority.Reply(_authority.Info(query, policy: "1.2.3.4.2")),
            "truncated" => _authority.Reply(_authority.Info(query))[..^9],
            "something behind" => [.. _authority.Reply(_authority.Info(query)), 0],
            "signature" => Flipped(_authority.Reply(_authority.Info(query))),
            "rejected" => [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02],
            "empty" => [],
            "500" => null,
            "huge" => new byte[1 << 20],
            _ => _authority.Reply(_authority.Info(query)),
        };
        using var client = Client(options => options.PolicyOid = ScriptedAuthority.Policy);

        await Assert.ThrowsAsync<TimestampRefusedException>(() => client.StampAsync(Imprint, Cancellation));
        Assert.Equal(1, _authority.Asked);
    }

    [Fact]
    public async Task Authority_ThatIsAway_IsRefused()
    {
        using var client = Client(options => options.Url = "http://127.0.0.1:1/");

        await Assert.ThrowsAsync<TimestampRefusedException>(() => client.StampAsync(Imprint, Cancellation));
    }

    // The last byte is the signature's.
    private static byte[] Flipped(byte[] answer)
    {
        answer[^1] ^= 1;
        return answer;
    }

    private TimestampClient Client(Action<TimestampAuthorityOptions>? change = null)
    {
        var options = new TimestampAuthorityOptions { Url = _authority.Url, CaFile = _authority.CaFile };
        change?.Invoke(options);
        return new TimestampClient(options);
    }
}
