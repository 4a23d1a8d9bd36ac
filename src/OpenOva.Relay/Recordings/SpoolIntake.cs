using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Recordings;

/// <summary>
/// The replica's spool: the log for new sessions, and what an earlier life of the replica left in it. The folder is locked for this process; a second one on
/// the same folder does not start.
/// </summary>
internal sealed class SpoolIntake : IDisposable
{
    private readonly FileStream? _lock;
    private readonly ISpoolFolder _folder;

    public SpoolIntake(string path, TimeProvider time, ILogger<SpoolIntake> logger)
        : this(new DirectorySpoolFolder(path), time, logger) => _lock = Lock(path);

    /// <summary>On a folder of the caller's (tests put faults under it).</summary>
    public SpoolIntake(ISpoolFolder folder, TimeProvider time, ILogger<SpoolIntake> logger)
    {
        _folder = folder;
        Log = new SpoolLog(folder, time);
        Log.Failed += logger.SpoolFailed;
        Left = Scan(logger);
        if (Left.Count > 0) logger.Recovering(Left.Count);
    }

    public SpoolLog Log { get; }

    /// <summary>Sessions that an earlier life left unsealed, in the order they were opened.</summary>
    public IReadOnlyList<SpooledSession> Left { get; }

    public void Dispose()
    {
        Log.Dispose();
        _lock?.Dispose();
    }

    private List<SpooledSession> Scan(ILogger logger)
    {
        var sessions = new Dictionary<Guid, SpooledSession>();
        var done = new HashSet<Guid>();
        var order = new List<Guid>();
        SpoolReader.ReadAll(
            _folder,
            (frame, position) =>
            {
                if (frame.Type == SpoolFrameType.Sealed)
                {
                    done.Add(frame.Session);
                    return;
                }

                // Frames whose opening was lost with a damaged place belong to no session that could be sealed; the file stays for a person to look at.
                if (frame.Type == SpoolFrameType.Opened && sessions.TryAdd(frame.Session, new(frame.Session))) order.Add(frame.Session);
                if (sessions.TryGetValue(frame.Session, out var session)) session.Add(position);
                Log.Need(position.File, frame.Session);
            },
            damage =>
            {
                logger.SpoolDamaged(damage.File, damage.Offset);
                // A damaged file is kept for a person to look at, whatever else is in it.
                Log.Need(damage.File, Guid.Empty);
            });
        foreach (var session in done) Log.Release(session);
        Log.DeleteUnneeded();
        return [.. order.Where(id => !done.Contains(id)).Select(id => sessions[id])];
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"The spool {path} is in use by another process.", e);
        }
    }
}
