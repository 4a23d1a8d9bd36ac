using System.Text.Json;
using OpenOva.Relay.Evidence.Tests.Corpus;

namespace OpenOva.Relay.Verify.Tests;

[Trait("Kind", "Real")]
public sealed class RelayVerifyTests : IAsyncLifetime
{
    private readonly SampleKeys _keys = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-verify-").FullName;
    private SampleBundle _sample = null!;

    private string Bundle => Path.Combine(_folder, "bundle.zip");

    private string Heads => Path.Combine(_folder, "heads");

    public async ValueTask InitializeAsync()
    {
        _sample = await SampleBundle.CreateAsync(_keys);
        await File.WriteAllBytesAsync(Bundle, await _sample.PackAsync());
        await File.WriteAllBytesAsync(Heads, [.. _sample.KnownHeads[0], (byte)'\n', .. _sample.KnownHeads[1], (byte)'\n']);
    }

    public ValueTask DisposeAsync()
    {
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Verify_TrustedAndWitnessed_Exits0AndSaysSo()
    {
        var result = await VerifierProcess.RelayVerifyAsync(Bundle, "--trust", _keys.Fingerprint, "--known-head", Heads);

        Assert.Equal((0, ""), (result.Exit, result.Error));
        Assert.Contains("Integrity:     HELD", result.Output, StringComparison.Ordinal);
        Assert.Contains("Completeness:  COMPLETE", result.Output, StringComparison.Ordinal);
        Assert.Contains("Strength:      witnessed", result.Output, StringComparison.Ordinal);
        Assert.Contains($"Fingerprint:   {_keys.Fingerprint}", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
        var table = result.Output.Split('\n').TakeWhile(l => l.Trim().Length > 0).ToList();
        Assert.Equal(9 + 2 * 7, table.Count);
        Assert.Single(table.Select(l => l.IndexOf("held", StringComparison.Ordinal)).Where(i => i > 0).Distinct());
    }

    [Fact]
    public async Task Verify_NoTrust_Exits2AndAsksForTheFingerprintFromElsewhere()
    {
        var result = await VerifierProcess.RelayVerifyAsync(Bundle);

        Assert.Equal(2, result.Exit);
        Assert.Contains("Integrity:     UNANCHORED", result.Output, StringComparison.Ordinal);
        Assert.Contains("elsewhere", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_Tampered_Exits1AndNamesThePart()
    {
        var bytes = await File.ReadAllBytesAsync(Bundle);
        bytes[Forgery.Find(bytes, "# Limitations")] ^= 1;
        await File.WriteAllBytesAsync(Bundle, bytes);

        var result = await VerifierProcess.RelayVerifyAsync(Bundle, "--trust", _keys.Fingerprint);

        Assert.Equal(1, result.Exit);
        Assert.Contains("limitations.md", result.Output, StringComparison.Ordinal);
        Assert.Contains("Integrity:     FAILED", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_Verified_HasItsShape()
    {
        var json = (await VerifierProcess.RelayVerifyAsync(Bundle, "--json", "--trust", _keys.Fingerprint)).Json;

        Assert.Equal(["bundle", "exit", "integrity", "strength", "completeness", "fingerprint", "checks"], json.EnumerateObject().Select(m => m.Name));
        Assert.Equal((Bundle, 0, "HELD", "operator-signed", _keys.Fingerprint), (json.GetProperty("bundle").GetString(), json.GetProperty("exit").GetInt32(),
            json.GetProperty("integrity").GetString(), json.GetProperty("strength").GetString(), json.GetProperty("fingerprint").GetString()));
        Assert.Equal("{\"verdict\":\"COMPLETE\",\"open\":[]}", json.GetProperty("completeness").GetRawText());
        Assert.All(json.GetProperty("checks").EnumerateArray(), c => Assert.Equal(["name", "outcome", "detail"], c.EnumerateObject().Select(m => m.Name)));
        Assert.Contains(json.GetProperty("checks").EnumerateArray(), c => c.GetProperty("outcome").GetString() == "not-made");
    }

    [Theory]
    [InlineData("no-such-file")]
    [InlineData("BUNDLE --known-head no-such-file")]
    [InlineData("BUNDLE --unknown-option")]
    [InlineData("BUNDLE another")]
    [InlineData("BUNDLE --trust")]
    [InlineData("/")]
    [InlineData("/dev/null/x")]
    [InlineData("")]
    public async Task Run_NotReadableOrNotUnderstood_Exits2WithoutStackTrace(string arguments)
    {
        string[] given = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a == "BUNDLE" ? Bundle : a)];
        var plain = await VerifierProcess.RelayVerifyAsync(given);
        var json = await VerifierProcess.RelayVerifyAsync(["--json", .. given]);

        Assert.Equal((2, 2), (plain.Exit, json.Exit));
        Assert.StartsWith("relay-verify: ", plain.Error, StringComparison.Ordinal);
        Assert.Empty(plain.Output);
        Assert.DoesNotContain("   at ", plain.Error + json.Error, StringComparison.Ordinal);
        Assert.Equal(2, json.Json.GetProperty("exit").GetInt32());
        Assert.NotEmpty(json.Json.GetProperty("error").GetString()!);
    }

    [Fact]
    public async Task Help_Asked_ExplainsExitCodesAndVerdicts()
    {
        var result = await VerifierProcess.RelayVerifyAsync("--help");

        Assert.Equal(0, result.Exit);
        foreach (var word in (string[])["Exit codes", "HELD", "UNANCHORED", "INCOMPLETE", "FAILED", "witnessed", "operator-signed", "NOT_EVIDENCED", "--trust", "--known-head", "--json"])
            Assert.Contains(word, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_Asked_IsTold()
    {
        var result = await VerifierProcess.RelayVerifyAsync("--version");

        Assert.Equal(0, result.Exit);
        Assert.Matches(@"^\d+\.\d+\.\d+", result.Output);
    }

    [Fact]
    public async Task Text_FromTheBundle_CannotMoveTheCursor()
    {
        var leaves = _sample.Leaves();
        leaves.Single(l => (string)l["type"]! == "access.decided" && !(bool)l["data"]!["allowed"]!)["data"]!["allowed"] = true;
        leaves.Single(l => (string?)l["data"]!["decision"] == SampleBundle.Id(0xD0))["data"]!["decision"] = "\u001b[2Jevil\u202e";
        await _sample.SetLeavesAsync(leaves);
        await File.WriteAllBytesAsync(Bundle, await _sample.PackAsync());

        var result = await VerifierProcess.RelayVerifyAsync(Bundle, "--trust", _keys.Fingerprint);

        Assert.Contains("Completeness:  OPEN", result.Output, StringComparison.Ordinal);
        Assert.Contains("\\u{1b}[2Jevil\\u{202e}", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
    }
}
