using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Evidence.Stamps;
using OpenOva.Relay.Ledger.Stamps;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>Against another implementation on both sides: openssl gives the stamps, and openssl verifies what is kept of them.</summary>
[Trait("Kind", "Real")]
public sealed class OpensslAuthorityTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData(OpensslAuthority.Policy)]
    [InlineData("1.2.3.4.2")]
    public async Task Stamp_OfOpenssl_IsTakenAndOpensslVerifiesIt(string policy)
    {
        Assert.SkipUnless(OpensslAuthority.IsThere, "openssl: /usr/bin/openssl is not installed");
        await using var authority = await OpensslAuthority.StartAsync();
        using var client = new TimestampClient(new TimestampAuthorityOptions { Url = authority.Url, CaFile = authority.CaFile, PolicyOid = policy });
        var heads = Enumerable.Range(0, 5).Select(n => LedgerStamp.LeafHash($"head {n}")).ToList();
        var root = new HeadTree(heads).Root();

        var stamp = await client.StampAsync(root, Cancellation);

        Assert.Equal(policy.Length == 0 ? OpensslAuthority.Policy : policy, stamp.Policy);
        Assert.Contains("Verification: OK", await authority.VerifyAsync(stamp.Encoded, Convert.ToHexStringLower(root), authority.CaFile), StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => authority.VerifyAsync(stamp.Encoded, Convert.ToHexStringLower(SHA256.HashData("x"u8)), authority.CaFile));
    }

    [Fact]
    public async Task Stamp_OfAnAuthorityUnderAnotherRoot_IsRefused()
    {
        Assert.SkipUnless(OpensslAuthority.IsThere, "openssl: /usr/bin/openssl is not installed");
        await using var authority = await OpensslAuthority.StartAsync();
        await using var other = await OpensslAuthority.StartAsync();
        using var client = new TimestampClient(new TimestampAuthorityOptions { Url = authority.Url, CaFile = other.CaFile });
        using var right = new TimestampClient(new TimestampAuthorityOptions { Url = authority.Url, CaFile = authority.CaFile });

        await Assert.ThrowsAsync<TimestampRefusedException>(() => client.StampAsync(SHA256.HashData("x"u8), Cancellation));
        var stamp = await right.StampAsync(SHA256.HashData("x"u8), Cancellation);
        Assert.False(stamp.Verify([X509CertificateLoader.LoadCertificateFromFile(other.CaFile)]));
    }
}
