using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify;

/// <summary>What every verb takes: what the reader has from elsewhere, and in which form he wants the result.</summary>
internal sealed class VerifyOptions
{
    private const int MaxKnownHeadBytes = 16 << 20;

    private readonly Option<string?> _trust = new("--trust")
    {
        HelpName = "FINGERPRINT", Description = "The root key's thumbprint, obtained elsewhere than with what is verified.", Recursive = true,
    };

    private readonly Option<string[]> _knownHeads = new("--known-head")
    {
        HelpName = "PATH", Recursive = true,
        Description = "Ledger heads that somebody else kept: a file, one checkpoint a line, or a folder of .jws files. May be given several times.",
    };

    private readonly Option<string?> _authorities = new("--tsa-ca")
    {
        HelpName = "FILE", Description = "PEM file with the roots of the time-stamping authorities whose stamps count.", Recursive = true,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Writes the result as one JSON object.", Recursive = true };

    public void AddTo(Command command)
    {
        command.Options.Add(_trust);
        command.Options.Add(_knownHeads);
        command.Options.Add(_authorities);
        command.Options.Add(_json);
    }

    public bool AsJson(ParseResult parsed) => parsed.GetValue(_json);

    public Reliance Reliance(ParseResult parsed) => new()
    {
        Fingerprint = parsed.GetValue(_trust)?.Trim(),
        KnownHeads = [.. (parsed.GetValue(_knownHeads) ?? []).SelectMany(KnownHeads)],
        TimestampAuthorities = parsed.GetValue(_authorities) is { } file ? Authorities(file) : null,
    };

    private static IEnumerable<KnownHead> KnownHeads(string path)
    {
        if (!Directory.Exists(path)) return ReadHeads(path).Select(head => new KnownHead(head));
        var files = Directory.GetFiles(path, "*.jws").Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0) throw new IOException($"{path} holds no .jws file.");
        return files.SelectMany(ReadHeads).Select(head => new KnownHead(head, FromFolder: true));
    }

    private static IEnumerable<byte[]> ReadHeads(string path)
    {
        if (new FileInfo(path).Length > MaxKnownHeadBytes) throw new IOException($"{path} is larger than {MaxKnownHeadBytes} bytes.");
        var content = File.ReadAllBytes(path).AsMemory();
        if (content.Length > 0 && content.Span[^1] == '\n') content = content[..^1];
        while (true)
        {
            var feed = content.Span.IndexOf((byte)'\n');
            yield return (feed < 0 ? content : content[..feed]).ToArray();
            if (feed < 0) yield break;
            content = content[(feed + 1)..];
        }
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(file);
        }
        catch (CryptographicException unreadable)
        {
            throw new IOException($"{file} holds no certificate.", unreadable);
        }

        return roots.Count > 0 ? roots : throw new IOException($"{file} holds no certificate.");
    }
}
