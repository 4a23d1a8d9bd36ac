using System.Security.Cryptography;
using OpenOva.Relay.Identity.Browser;

namespace OpenOva.Relay.Tests.Identity.Browser;

[Trait("Kind", "Fast")]
public sealed class BrowserSecretTests
{
    private static readonly IssuerTokens Tokens = new("access", "refresh", "id");

    [Fact]
    public void Seal_OpenedWithTheCookie_GivesTheTokensAndWithoutItNothing()
    {
        var secret = BrowserSecret.Create();
        var row = secret.Seal(Tokens);

        Assert.Equal(Tokens, BrowserSecret.Parse(secret.ToCookie())!.Open(row));
        Assert.ThrowsAny<CryptographicException>(() => BrowserSecret.Create().Open(row));
        Assert.DoesNotContain("access", System.Text.Encoding.Latin1.GetString(row), StringComparison.Ordinal);
    }

    [Fact]
    public void Seal_AnyByteAltered_OpensNoMore()
    {
        var secret = BrowserSecret.Create();
        var row = secret.Seal(Tokens);
        for (var i = 0; i < row.Length; i++)
        {
            var altered = row.ToArray();
            altered[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => secret.Open(altered));
        }

        Assert.ThrowsAny<CryptographicException>(() => secret.Open(row[..20]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Parse_WhatIsNoSecret_IsNone(string? cookie) => Assert.Null(BrowserSecret.Parse(cookie));

    [Fact]
    public void Derived_IdFormTokenAndMark_AreTheSecretsOwnAndTellNothingOfEachOther()
    {
        var (one, two) = (BrowserSecret.Create(), BrowserSecret.Create());

        Assert.Equal(5, new HashSet<string> { one.Id, one.FormToken, one.ToCookie(), one.Mark("a"), two.Id }.Count);
        Assert.True(one.IsFormToken(one.FormToken));
        Assert.False(one.IsFormToken(two.FormToken));
        Assert.False(one.IsFormToken(null));
        Assert.True(one.IsMarked("a", one.Mark("a")));
        Assert.False(one.IsMarked("b", one.Mark("a")));
        Assert.False(two.IsMarked("a", one.Mark("a")));
    }
}
