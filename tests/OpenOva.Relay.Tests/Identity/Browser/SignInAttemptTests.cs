using OpenOva.Relay.Identity.Browser;

namespace OpenOva.Relay.Tests.Identity.Browser;

[Trait("Kind", "Fast")]
public sealed class SignInAttemptTests
{
    private const long Now = 1_770_000_000_000_000;

    [Fact]
    public void Challenge_OfRfc7636sVerifier_IsItsChallenge() => Assert.Equal(
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        (SignInAttempt.Begin("https://sso", "/", Now) with { Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" }).Challenge);

    [Fact]
    public void Read_WithItsStateInItsTime_IsTheAttempt()
    {
        var attempt = SignInAttempt.Begin("https://sso/realms/acme", "/sessions", Now);

        Assert.Equal(attempt, SignInAttempt.Read(attempt.ToCookie(), attempt.State, Now + 599_000_000));
        Assert.Equal(3, new HashSet<string> { attempt.State, attempt.Nonce, attempt.Verifier }.Count);
    }

    [Fact]
    public void Read_OfAnotherStateOrTooLateOrBeforeItsTime_IsNone()
    {
        var attempt = SignInAttempt.Begin("https://sso", "/", Now);

        Assert.Null(SignInAttempt.Read(attempt.ToCookie(), SignInAttempt.Begin("https://sso", "/", Now).State, Now));
        Assert.Null(SignInAttempt.Read(attempt.ToCookie(), "", Now));
        Assert.Null(SignInAttempt.Read(attempt.ToCookie(), attempt.State, Now + 600_000_000));
        Assert.Null(SignInAttempt.Read(attempt.ToCookie(), attempt.State, Now - 1));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not base64 url!")]
    [InlineData("bm8ganNvbg")]
    [InlineData("e30")]
    public void Read_WhatIsNoAttempt_IsNone(string? cookie) => Assert.Null(SignInAttempt.Read(cookie, "state", Now));

    [Theory]
    [InlineData("/sessions?a=b", "/sessions?a=b")]
    [InlineData("/", "/")]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("sessions", "/")]
    [InlineData("javascript:alert(1)", "/")]
    public void LocalPath_OfWhatIsGiven_StaysHere(string? given, string expected) => Assert.Equal(expected, LocalPath.Of(given));
}
