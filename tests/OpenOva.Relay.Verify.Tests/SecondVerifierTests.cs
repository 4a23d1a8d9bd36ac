using System.Text.Json;
using OpenOva.Relay.Evidence.Tests.Corpus;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify.Tests;

/// <summary>
/// A second verifier, in another language and by another author, comes to the same verdict and the same outcome of every check: what a bundle is worth must
/// not hang on one program.
/// </summary>
[Trait("Kind", "Real")]
public sealed class SecondVerifierTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);
    private readonly SampleKeys _keys = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-agreement-").FullName;

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Corpus_EveryCase_SameVerdictAndOutcomes()
    {
        var python = await PythonAsync();
        var cases = await TamperCorpus.CreateAsync(_keys);
        var requests = cases.Select((c, i) =>
        {
            var path = Path.Combine(_folder, $"{i}");
            File.WriteAllBytes(path, c.Bundle);
            return JsonSerializer.Serialize(new { bundle = path, trust = c.Trust, known_heads = WriteHeads($"{i}", c.KnownHeads), flip = (int[]?)null });
        });

        var results = await BatchAsync(python, requests);

        Assert.Equal(cases.Count, results.Count);
        var differences = cases.Zip(results, (c, r) => Difference(c.Name, BundleVerifier.Verify(new MemoryStream(c.Bundle), c.Trust, c.KnownHeads), r)).OfType<string>().ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public async Task Flips_EveryByte_SameVerdictAndOutcomes()
    {
        var python = await PythonAsync();
        var sample = await SampleBundle.CreateAsync(_keys);
        var (bundle, path) = (await sample.PackAsync(), Path.Combine(_folder, "bundle"));
        await File.WriteAllBytesAsync(path, bundle);
        var heads = WriteHeads("flips", sample.KnownHeads);
        var flips = Enumerable.Range(0, bundle.Length).Select(i => (At: i, Mask: (byte)(1 << i % 8))).ToList();
        var running = BatchAsync(python, flips.Select(f => JsonSerializer.Serialize(new { bundle = path, trust = _keys.Fingerprint, known_heads = heads, flip = new int[] { f.At, f.Mask } })));
        var own = flips.Select(f =>
        {
            var flipped = bundle.ToArray();
            flipped[f.At] ^= f.Mask;
            return BundleVerifier.Verify(new MemoryStream(flipped), _keys.Fingerprint, sample.KnownHeads);
        }).ToList();

        var results = await running;

        Assert.Equal(flips.Count, results.Count);
        Assert.All(own, v => Assert.Equal(1, v.ExitCode));
        var differences = flips.Select((f, i) => Difference($"byte {f.At} ^ {f.Mask}", own[i], results[i])).OfType<string>().ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} of {flips.Count}:\n" + string.Join('\n', differences.Take(30)));
    }

    [Fact]
    public async Task CommandLine_OfBoth_PrintTheSameJsonButForDetails()
    {
        var python = await PythonAsync();
        var sample = await SampleBundle.CreateAsync(_keys);
        var path = Path.Combine(_folder, "bundle");
        await File.WriteAllBytesAsync(path, await sample.PackAsync());
        string[] arguments = [path, "--trust", _keys.Fingerprint, "--known-head", WriteHeads("cli", sample.KnownHeads)[0], "--json"];

        var own = await VerifierProcess.RelayVerifyAsync(arguments);
        var second = await VerifierProcess.RunAsync(python, [Script("verify.py"), .. arguments]);

        Assert.Equal((0, 0), (own.Exit, second.Exit));
        Assert.Equal(own.Json.EnumerateObject().Select(m => m.Name), second.Json.EnumerateObject().Select(m => m.Name));
        foreach (var name in (string[])["bundle", "exit", "integrity", "strength", "completeness", "fingerprint"])
            Assert.True(JsonElement.DeepEquals(own.Json.GetProperty(name), second.Json.GetProperty(name)), name);
        Assert.Equal(Outcomes(own.Json), Outcomes(second.Json));
    }

    private static async Task<string> PythonAsync()
    {
        var python = Environment.GetEnvironmentVariable("RELAY_TEST_PYTHON") is { Length: > 0 } given ? given : "/usr/bin/python3";
        try
        {
            var result = await VerifierProcess.RunAsync(python, ["-c", "import cryptography"]);
            if (result.Exit != 0) Assert.Skip($"python-cryptography-missing: {python} cannot import cryptography");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"python-cryptography-missing: there is no {python}");
        }

        return python;
    }

    private static string Script(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests", "second-verifier"))) folder = folder.Parent;
        return Path.Combine(folder!.FullName, "tests", "second-verifier", name);
    }

    private static async Task<List<JsonElement>> BatchAsync(string python, IEnumerable<string> requests)
    {
        var result = await VerifierProcess.RunAsync(python, [Script("batch.py")], string.Join('\n', requests) + "\n", Bound);
        Assert.Equal((0, ""), (result.Exit, result.Error));
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    // A file a head: some heads of the corpus hold line feeds, which in one file would be two heads.
    private string[] WriteHeads(string name, IReadOnlyList<byte[]> heads) => [.. heads.Select((head, i) =>
    {
        var path = Path.Combine(_folder, $"{name}-head-{i}");
        File.WriteAllBytes(path, [.. head, (byte)'\n']);
        return path;
    })];

    private static string? Difference(string name, Verdict own, JsonElement second)
    {
        var a = $"{own.ExitCode} {own.Integrity} {own.Strength} {own.Completeness} {own.Fingerprint}";
        var b = $"{second.GetProperty("exit").GetInt32()} {second.GetProperty("integrity").GetString()} {second.GetProperty("strength").GetString()} "
            + $"{second.GetProperty("completeness").GetProperty("verdict").GetString()} {second.GetProperty("fingerprint").GetString()}";
        var differing = own.Checks.Select(c => (c.Name, c.OutcomeName)).Except(Outcomes(second)).Concat(Outcomes(second).Except(own.Checks.Select(c => (c.Name, c.OutcomeName)))).ToList();
        if (a == b && differing.Count == 0) return null;
        var details = second.GetProperty("checks").EnumerateArray().Where(c => differing.Any(d => d.Item1 == c.GetProperty("name").GetString())).Select(c => c.GetProperty("detail").GetString());
        return $"{name}: {a} / {b}: {string.Join(", ", differing)}: {string.Join(" | ", own.Checks.Where(c => differing.Any(d => d.Item1 == c.Name)).Select(c => c.Detail))} / {string.Join(" | ", details)}";
    }

    private static IEnumerable<(string, string)> Outcomes(JsonElement result) =>
        result.GetProperty("checks").EnumerateArray().Select(c => (c.GetProperty("name").GetString()!, c.GetProperty("outcome").GetString()!)).Order();
}
