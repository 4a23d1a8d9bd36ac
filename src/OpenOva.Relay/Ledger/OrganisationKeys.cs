using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Ledger;

/// <summary>An organisation's keys as this process uses them.</summary>
internal sealed record KeyRing(ISigningKey Signing, KeyHistory History)
{
    /// <summary>
    /// The time to sign under: now, but never before the key was valid. A clock that was set back, or that of another replica which is behind, would else make
    /// evidence that no verifier accepts.
    /// </summary>
    /// <param name="nowUs">Microseconds UTC.</param>
    public long TimeToSign(long nowUs) => Math.Max(nowUs, History.Keys.Last(k => k.Key.Thumbprint == Signing.PublicKey.Thumbprint).FromUs);
}

/// <summary>
/// Each organisation's root key, signing keys and key history, as files of this user alone under one folder: <c>&lt;organisation&gt;/root.pem</c>,
/// <c>signing-&lt;kid&gt;.pem</c>, <c>history.jws</c>. Replicas share the folder. The root key is read only when the history changes, and may be kept elsewhere meanwhile.
/// </summary>
internal sealed class OrganisationKeys(string folder, RelayDatabase database, LedgerStage ledger, TimeProvider time, ILogger<OrganisationKeys> logger) : IDisposable
{
    private const string RootFile = "root.pem";
    private const string HistoryFile = "history.jws";
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
            var known = await LedgerQueries.RootAsync(database, organisation, cancellation);
            ring = await ReadAsync(organisation, cancellation);
            if (known is not null && ring?.History.Fingerprint != known)
                throw new InvalidOperationException($"the ledger of {organisation} was begun under the root key {known}, and {folder} does not have it: every replica needs the same Relay:Ledger:Keys");
            ring ??= await MakeAsync(organisation, cancellation);
            await TellAsync(organisation, ring, cancellation);
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
            using var root = P256SigningKey.FromPem(await File.ReadAllTextAsync(Path.Combine(folder, organisation, RootFile), cancellation));
            // Should it break off, the next use of the keys reads what became of them.
            _rings.TryRemove(organisation, out _);
            var retired = ring.History.Keys.Select(k => k.UntilUs is null ? k with { UntilUs = now } : k);
            var rotated = await WriteSigningKeyAsync(Path.Combine(folder, organisation), organisation, ring.History.Version + 1, now, retired, root, cancellation);
            await TellAsync(organisation, rotated, cancellation);
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
        var signing = P256SigningKey.FromPem(await File.ReadAllTextAsync(Path.Combine(folder, organisation, SigningFile(current.Key)), cancellation));
        return new KeyRing(signing, history);
    }

    // Made whole in a folder of its own, and then given its name: a folder of keys is there whole or not at all, and of two replicas that make one, one wins.
    private async Task<KeyRing> MakeAsync(string organisation, CancellationToken cancellation)
    {
        var making = Path.Combine(folder, $".{organisation}-{Guid.CreateVersion7(time.GetUtcNow()):n}");
        CreateFolder(making);
        using var root = P256SigningKey.Create();
        await WriteNewAsync(Path.Combine(making, RootFile), root.ToPem(), cancellation);
        var ring = await WriteSigningKeyAsync(making, organisation, 1, time.GetUnixMicroseconds(), [], root, cancellation);
        try
        {
            DirectorySync.Flush(making);
            Directory.Move(making, Path.Combine(folder, organisation));
            DirectorySync.Flush(folder);
        }
        catch (IOException) when (File.Exists(HistoryPath(organisation)))
        {
            Directory.Delete(making, recursive: true);
            return (await ReadAsync(organisation, cancellation))!;
        }

        logger.KeysMade(organisation, ring.History.Fingerprint);
        return ring;
    }

    private static async Task<KeyRing> WriteSigningKeyAsync(
        string into, string organisation, long version, long now, IEnumerable<SigningKeyPeriod> before, P256SigningKey root, CancellationToken cancellation)
    {
        var signing = P256SigningKey.Create();
        await WriteNewAsync(Path.Combine(into, SigningFile(signing.PublicKey)), signing.ToPem(), cancellation);
        var history = await KeyHistory.SignAsync(organisation, version, now, [.. before, new SigningKeyPeriod(signing.PublicKey, now, null)], root, cancellation);
        var path = Path.Combine(into, HistoryFile);
        // Durable before anything is signed with the key or the ledger knows of it: a root key that a power cut took along can never be made again.
        File.Delete(path + ".new");
        await WriteNewAsync(path + ".new", history.Jws.Compact, cancellation);
        File.Move(path + ".new", path, overwrite: true);
        DirectorySync.Flush(into);
        return new KeyRing(signing, history);
    }

    // Of two replicas with different folders that begin at the same time, one finds the other's key here. Files are made first and the ledger is told then: what a
    // process that died between the two left to be told is told by the next one that uses the keys.
    private async Task TellAsync(string organisation, KeyRing ring, CancellationToken cancellation)
    {
        var begun = await database.TransactAsync(
            async transaction =>
            {
                var root = await LedgerQueries.BeginAsync(transaction, organisation, ring.History.Fingerprint);
                if (root.Fingerprint != ring.History.Fingerprint || root.ToldVersion >= ring.History.Version) return root.Fingerprint;
                if (root.ToldVersion is not null)
                {
                    await ledger.AddAsync(transaction, organisation, LedgerEventTypes.KeyAdded, new JsonObject
                    {
                        ["kid"] = ring.Signing.PublicKey.Thumbprint,
                        ["version"] = ring.History.Version,
                        ["root"] = ring.History.Fingerprint,
                    });
                }

                await LedgerQueries.ToldAsync(transaction, organisation, ring.History.Version);
                return root.Fingerprint;
            },
            cancellation);
        if (begun != ring.History.Fingerprint)
            throw new InvalidOperationException($"the ledger of {organisation} was begun under another root key than that of {folder}: every replica needs the same Relay:Ledger:Keys");
    }

    private static async Task WriteNewAsync(string path, string text, CancellationToken cancellation)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        await using var file = new FileStream(path, options);
        await file.WriteAsync(Encoding.ASCII.GetBytes(text), cancellation);
        file.Flush(flushToDisk: true);
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static string SigningFile(EcPublicKey key) => $"signing-{key.Thumbprint}.pem";

    private string HistoryPath(string organisation) => Path.Combine(folder, organisation, HistoryFile);
}
