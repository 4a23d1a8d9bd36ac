using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Ledger;

/// <summary>An organisation's keys as this process uses them.</summary>
internal sealed record KeyRing(ISigningKey Signing, KeyHistory History);

/// <summary>
/// Each organisation's root key, signing keys and key history, as files of this user alone under one folder: <c>&lt;organisation&gt;/root.pem</c>,
/// <c>signing-&lt;kid&gt;.pem</c>, <c>history.jws</c>. Replicas share the folder. The root key is read only when the history changes, and may be kept elsewhere meanwhile.
/// </summary>
internal sealed class OrganisationKeys(string folder, RelayDatabase database, LedgerStage ledger, TimeProvider time, ILogger<OrganisationKeys> logger) : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly ConcurrentDictionary<string, KeyRing> _rings = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _making = new(1, 1);

    /// <summary>The keys of an organisation; they are made when there are none yet.</summary>
    public async ValueTask<KeyRing> OfAsync(string organisation, CancellationToken cancellation)
    {
        if (_rings.TryGetValue(organisation, out var ring)) return ring;
        await _making.WaitAsync(cancellation);
        try
        {
            if (_rings.TryGetValue(organisation, out ring)) return ring;
            ring = await ReadAsync(organisation, cancellation) ?? await MakeAsync(organisation, cancellation);
            _rings[organisation] = ring;
            return ring;
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Makes a new signing key; the old one stays in the history until now. The fingerprint does not change.</summary>
    public async Task<KeyRing> RotateAsync(string organisation, CancellationToken cancellation)
    {
        var ring = await OfAsync(organisation, cancellation);
        await _making.WaitAsync(cancellation);
        try
        {
            var now = time.GetUnixMicroseconds();
            using var root = P256SigningKey.FromPem(await File.ReadAllTextAsync(RootPath(organisation), cancellation));
            var retired = ring.History.Keys.Select(k => k.UntilUs is null ? k with { UntilUs = now } : k);
            var rotated = await AddSigningKeyAsync(organisation, ring.History.Version + 1, now, retired, root, cancellation);
            _rings[organisation] = rotated;
            return rotated;
        }
        finally
        {
            _making.Release();
        }
    }

    public void Dispose() => _making.Dispose();

    private async Task<KeyRing?> ReadAsync(string organisation, CancellationToken cancellation)
    {
        if (!File.Exists(HistoryPath(organisation))) return null;
        var history = KeyHistory.Parse(await File.ReadAllBytesAsync(HistoryPath(organisation), cancellation), HistoryPath(organisation));
        if (history.Organisation != organisation) throw new InvalidDataException($"{HistoryPath(organisation)} is another organisation's");
        var current = history.Keys.LastOrDefault(k => k.UntilUs is null) ?? throw new InvalidDataException($"{HistoryPath(organisation)} has no key in use");
        var signing = P256SigningKey.FromPem(await File.ReadAllTextAsync(SigningPath(organisation, current.Key), cancellation));
        return new KeyRing(signing, history);
    }

    private async Task<KeyRing> MakeAsync(string organisation, CancellationToken cancellation)
    {
        CreateFolder(Path.Combine(folder, organisation));
        using var root = P256SigningKey.Create();
        // Whoever creates the root file makes the keys; another replica that came second reads what it made.
        if (!await TryWriteNewAsync(RootPath(organisation), root.ToPem(), cancellation)) return await WaitForHistoryAsync(organisation, cancellation);
        var ring = await AddSigningKeyAsync(organisation, 1, time.GetUnixMicroseconds(), [], root, cancellation);
        logger.KeysMade(organisation, ring.History.Fingerprint);
        return ring;
    }

    private async Task<KeyRing> WaitForHistoryAsync(string organisation, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            if (await ReadAsync(organisation, cancellation) is { } ring) return ring;
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellation);
        }

        throw new InvalidDataException($"{RootPath(organisation)} is there, but no key history: its making was broken off. Remove the folder to make new keys");
    }

    private async Task<KeyRing> AddSigningKeyAsync(
        string organisation, long version, long now, IEnumerable<SigningKeyPeriod> before, P256SigningKey root, CancellationToken cancellation)
    {
        var signing = P256SigningKey.Create();
        await TryWriteNewAsync(SigningPath(organisation, signing.PublicKey), signing.ToPem(), cancellation);
        var history = await KeyHistory.SignAsync(organisation, version, now, [.. before, new SigningKeyPeriod(signing.PublicKey, now, null)], root, cancellation);
        var path = HistoryPath(organisation);
        await File.WriteAllBytesAsync(path + ".new", Encoding.ASCII.GetBytes(history.Jws.Compact), cancellation);
        File.Move(path + ".new", path, overwrite: true);
        await database.TransactAsync(
            transaction => ledger.AddAsync(transaction, organisation, LedgerEventTypes.KeyAdded, new JsonObject
            {
                ["kid"] = signing.PublicKey.Thumbprint,
                ["version"] = version,
                ["root"] = history.Fingerprint,
            }),
            cancellation);
        return new KeyRing(signing, history);
    }

    private static async Task<bool> TryWriteNewAsync(string path, string text, CancellationToken cancellation)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
            await using var file = new FileStream(path, options);
            await file.WriteAsync(Encoding.ASCII.GetBytes(text), cancellation);
            file.Flush(flushToDisk: true);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    private string RootPath(string organisation) => Path.Combine(folder, organisation, "root.pem");

    private string SigningPath(string organisation, EcPublicKey key) => Path.Combine(folder, organisation, $"signing-{key.Thumbprint}.pem");

    private string HistoryPath(string organisation) => Path.Combine(folder, organisation, "history.jws");
}
