using System.Text;
using OpenOva.Relay.Evidence.Tests.Corpus;

namespace OpenOva.Relay.Verify.Tests;

/// <summary>A whole ledger, offline: whatever was deleted, changed or moved is found and placed, and a history written anew by the holder of the keys is found by a head that left in time.</summary>
[Trait("Kind", "Real")]
public sealed class VerifyLedgerTests : IAsyncLifetime
{
    private readonly SampleKeys _keys = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-verify-").FullName;
    private SampleLedger _ledger = null!;

    public async ValueTask InitializeAsync() => _ledger = await SampleLedger.CreateAsync(_keys);

    public ValueTask DisposeAsync()
    {
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Export_WholeAndTrusted_Exits0AndSaysHowFar()
    {
        var json = (await VerifyAsync("--json")).Json;

        Assert.Equal(["ledger", "exit", "integrity", "strength", "completeness", "fingerprint", "checks"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal((0, "HELD", "operator-signed"), (json.GetProperty("exit").GetInt32(), json.GetProperty("integrity").GetString(), json.GetProperty("strength").GetString()));
        Assert.Equal(
            ["keys held", "trust held", "ledger held", "checkpoint held", "known-head not-made", "timestamps not-made"],
            json.GetProperty("checks").EnumerateArray().Select(check => $"{check.GetProperty("name").GetString()} {check.GetProperty("outcome").GetString()}"));
        Assert.Contains("3 heads, the newest of 60 leaves", json.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_InPieces_IsReadInOrderOfNames()
    {
        var pieces = Directory.CreateDirectory(Path.Combine(_folder, "pieces")).FullName;
        var bytes = _ledger.Bytes();
        var cut = Array.IndexOf(bytes, (byte)'\n', bytes.Length / 2) + 1;
        await File.WriteAllBytesAsync(Path.Combine(pieces, "b.jsonl"), bytes[cut..]);
        await File.WriteAllBytesAsync(Path.Combine(pieces, "a.jsonl"), bytes[..cut]);

        var result = await VerifierProcess.RelayVerifyAsync("ledger", pieces, "--trust", _keys.Fingerprint);

        Assert.Equal(0, result.Exit);
    }

    [Theory]
    [InlineData("delete", "leaf 30 (line 34): has number 31")]
    [InlineData("delete and renumber", "59 leaves stand before it")]
    [InlineData("alter", "one of 25 to 59 was changed")]
    [InlineData("swap", "leaf 30 (line 34): has number 31")]
    [InlineData("swap and renumber", "one of 25 to 59 was changed")]
    [InlineData("double", "leaf 31 (line 35): has number 30")]
    [InlineData("other organisation", "leaf 30 (line 34): another organisation's")]
    [InlineData("space", "line 34")]
    [InlineData("cut off", "59 leaves stand before it")]
    [InlineData("first", "leaf 0 (line 2): has number 1")]
    [InlineData("head of another", "not signed by the organisation's key of that time")]
    [InlineData("nonsense", "line 34")]
    public async Task Row_Tampered_Exits1AndSaysWhere(string how, string where)
    {
        var (lines, at) = (_ledger.Lines, SampleLedger.At(30));
        switch (how)
        {
            case "delete": lines.RemoveAt(at); break;
            case "delete and renumber":
                for (var n = 30; n < 59; n++) lines[SampleLedger.At(n)] = SampleLedger.Leaf(n, "moved up");
                lines.RemoveAt(SampleLedger.At(59));
                break;
            case "alter": lines[at] = SampleLedger.Leaf(30, "false"); break;
            case "swap": (lines[at], lines[at + 1]) = (lines[at + 1], lines[at]); break;
            case "swap and renumber": (lines[at], lines[at + 1]) = (SampleLedger.Leaf(30, "31"), SampleLedger.Leaf(31, "30")); break;
            case "double": lines.Insert(at, lines[at]); break;
            case "other organisation": lines[at] = SampleLedger.Leaf(30, organisation: "globex"); break;
            case "space": lines[at] = [.. lines[at], (byte)' ']; break;
            case "cut off": lines.RemoveAt(SampleLedger.At(59)); break;
            case "first": lines.RemoveAt(1); break;
            case "head of another":
                using (var foreign = new SampleKeys()) lines[^1] = (await SampleLedger.CreateAsync(foreign)).Lines[^1];
                break;
            default: lines[at] = "{}"u8.ToArray(); break;
        }

        var result = await VerifyAsync();

        Assert.Equal(1, result.Exit);
        Assert.Contains("Integrity:     FAILED", result.Output, StringComparison.Ordinal);
        Assert.Contains(where, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EachByte_OfALeafOrHead_Flipped_IsFound()
    {
        var random = new Random(20261122);
        var bytes = _ledger.Bytes();
        var body = _ledger.Lines[0].Length + 1;
        for (var round = 0; round < 200; round++)
        {
            var at = random.Next(body, bytes.Length);
            var flipped = bytes.ToArray();
            flipped[at] ^= (byte)(1 << random.Next(8));
            using var export = new MemoryStream(flipped);
            var verdict = Evidence.Verification.LedgerVerifier.Verify([export], new() { Fingerprint = _keys.Fingerprint });
            Assert.True(verdict.ExitCode == 1, $"byte {at}");
        }
    }

    [Theory]
    [InlineData("no keys")]
    [InlineData("no head")]
    [InlineData("unsigned end")]
    [InlineData("no trust")]
    public async Task Part_Missing_Exits2(string what)
    {
        var trusted = true;
        switch (what)
        {
            case "no keys": _ledger.Lines.RemoveAt(0); break;
            case "no head": _ledger.Lines.RemoveAll(line => line.AsSpan().StartsWith("{\"checkpoint\""u8)); break;
            case "unsigned end": _ledger.Lines.RemoveAt(_ledger.Lines.Count - 1); break;
            default: trusted = false; break;
        }

        var export = await _ledger.WriteAsync(_folder);
        var result = await VerifierProcess.RelayVerifyAsync(trusted ? ["ledger", export, "--trust", _keys.Fingerprint] : ["ledger", export]);

        Assert.Equal(2, result.Exit);
    }

    [Fact]
    public async Task KnownHeads_OfThisHistory_Witness()
    {
        var result = await VerifyAsync("--known-head", await _ledger.WriteHeadAsync(_folder, 0), "--known-head", await _ledger.WriteHeadAsync(_folder, 2));

        Assert.Equal(0, result.Exit);
        Assert.Contains("Strength:      witnessed", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_WrittenAnewByTheHolderOfTheKeys_IsFoundByAKnownHeadAlone()
    {
        var known = await _ledger.WriteHeadAsync(_folder, 1);
        _ledger = await SampleLedger.CreateAsync(_keys, word: "false");

        Assert.Equal(0, (await VerifyAsync()).Exit);
        var result = await VerifyAsync("--known-head", known);

        Assert.Equal(1, result.Exit);
        Assert.Contains("another history: the root at 25 leaves", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_CutOffAndSignedAnew_IsFoundByALongerKnownHead()
    {
        var known = await _ledger.WriteHeadAsync(_folder, 2);
        _ledger = await SampleLedger.CreateAsync(_keys, size: 40, laterUs: 60_000_000);

        Assert.Equal(0, (await VerifyAsync()).Exit);
        var result = await VerifyAsync("--known-head", known);

        Assert.Equal(1, result.Exit);
        Assert.Contains("has 60 leaves, more than the 40 here", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_NewerThanTheExport_AsksForANewExport()
    {
        var known = await _ledger.WriteHeadAsync(_folder, 2);
        _ledger = await SampleLedger.CreateAsync(_keys, size: 25);

        var result = await VerifyAsync("--known-head", known);

        Assert.Equal(2, result.Exit);
        Assert.Contains("export again", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_OfHeads_IsHeldAgainstWholeForThisOrganisation()
    {
        var heads = Directory.CreateDirectory(Path.Combine(_folder, "heads")).FullName;
        for (var n = 0; n < 3; n++) await _ledger.WriteHeadAsync(heads, n);
        using var foreign = new SampleKeys();
        var other = await Evidence.Ledger.Checkpoint.SignAsync("globex", 99, new string('0', 64), 1, foreign.Present, CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(heads, "globex.jws"), other.Jws.Compact);

        var held = await VerifyAsync("--known-head", heads);
        _ledger = await SampleLedger.CreateAsync(_keys, word: "false");
        var forked = await VerifyAsync("--known-head", heads);

        Assert.Equal((0, 1), (held.Exit, forked.Exit));
        Assert.Contains("3 known heads are on this history; 1 could not be held against it", held.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_OfHeads_OfOthersAlone_IsMissing()
    {
        var heads = Directory.CreateDirectory(Path.Combine(_folder, "heads")).FullName;
        using var foreign = new SampleKeys();
        var other = await Evidence.Ledger.Checkpoint.SignAsync("globex", 9, new string('0', 64), 1, foreign.Present, CancellationToken.None);
        await File.WriteAllBytesAsync(Path.Combine(heads, "globex.jws"), Encoding.ASCII.GetBytes(other.Jws.Compact));

        Assert.Equal(2, (await VerifyAsync("--known-head", heads)).Exit);
    }

    [Theory]
    [InlineData("ledger")]
    [InlineData("ledger no-such-file")]
    [InlineData("ledger EXPORT --tsa-ca no-such-file")]
    [InlineData("ledger EXPORT --known-head FOLDER")]
    public async Task Run_NotReadableOrNotUnderstood_Exits2(string arguments)
    {
        var export = await _ledger.WriteAsync(_folder);
        var empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;

        var result = await VerifierProcess.RelayVerifyAsync([.. arguments.Split(' ').Select(word => word switch { "EXPORT" => export, "FOLDER" => empty, _ => word })]);

        Assert.Equal(2, result.Exit);
        Assert.StartsWith("relay-verify: ", result.Error, StringComparison.Ordinal);
    }

    private async Task<VerifierProcess> VerifyAsync(params string[] more) =>
        await VerifierProcess.RelayVerifyAsync(["ledger", await _ledger.WriteAsync(_folder), "--trust", _keys.Fingerprint, .. more]);
}
