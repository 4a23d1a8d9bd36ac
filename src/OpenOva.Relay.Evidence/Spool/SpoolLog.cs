using System.Buffers;

namespace OpenOva.Relay.Evidence.Spool;

/// <summary>Where a frame stands.</summary>
public readonly record struct SpoolPosition(long File, long Offset);

/// <summary>The spool cannot take more: the disk is full or failed. Every session that needs it ends; none goes on unrecorded.</summary>
public sealed class SpoolFailedException(string message, Exception cause) : IOException(message, cause);

/// <summary>
/// The one append-only log of a replica, shared by its sessions (README.md section 6). A frame is in the file when <see cref="Append"/> returns, and on the
/// disk at the latest <see cref="SyncPeriod"/> plus one sync later. After one failed sync nothing is taken any more: what the kernel dropped then it never writes.
/// </summary>
public sealed class SpoolLog : IDisposable
{
    /// <summary>A new file begins after this much, bytes: a file is deleted when all its sessions are sealed.</summary>
    public const long RotateBytes = 64L << 20;

    /// <summary>The longest time between a write and the begin of the sync that covers it.</summary>
    public static readonly TimeSpan SyncPeriod = TimeSpan.FromMilliseconds(500);

    private readonly ISpoolFolder _folder;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, HashSet<Guid>> _needed = [];
    private readonly IReadOnlyList<long> _old;
    private readonly ITimer _timer;
    private readonly SemaphoreSlim _syncing = new(1, 1);
    private ISpoolFile? _file;
    private long _number;
    private long _appended;
    private long _synced;
    private Exception? _failure;
    private bool _raised;

    /// <summary>Opens the log for writing after all files that are there. Recovery reads those through <see cref="SpoolReader"/> and tells
    /// with <see cref="Need"/> which must stay.</summary>
    public SpoolLog(ISpoolFolder folder, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        // One number is left out, so that recovery can tell the unfinished end of an earlier life from damage (SpoolReader).
        _old = folder.List();
        _number = _old.DefaultIfEmpty(-1).Max() + 1;
        _timer = time.CreateTimer(_ => SyncQuietly(), null, SyncPeriod, SyncPeriod);
    }

    /// <summary>What distinguishes one start of the machine from the next.</summary>
    public string BootId => _folder.BootId;

    /// <summary>Raised once, with the cause, when the log fails: its owner ends the sessions.</summary>
    public event Action<Exception>? Failed;

    /// <summary>Why the log takes no more; null while it works.</summary>
    public Exception? Failure => _failure;

    /// <summary>Appends a frame with one write(2).</summary>
    /// <exception cref="SpoolFailedException">It is not in the log, and nothing of it may be delivered.</exception>
    public SpoolPosition Append(in SpoolFrame frame)
    {
        var bytes = frame.FileBytes;
        if (bytes - SpoolFrame.PrefixBytes > SpoolFrame.MaxBodyBytes) throw new ArgumentException($"a spool frame holds at most {SpoolFrame.MaxBodyBytes} bytes", nameof(frame));
        long? left = null;
        var buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            frame.WriteTo(buffer);
            lock (_gate)
            {
                if (_failure is { } failure) throw new SpoolFailedException($"the spool has failed before: {failure.Message}", failure);
                var file = FileWithRoom(bytes, ref left);
                var position = new SpoolPosition(_number, file.Length);
                file.Append(buffer.AsSpan(0, bytes));
                _appended++;
                NeedLocked(_number, frame.Session);
                return position;
            }
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) and not SpoolFailedException)
        {
            throw new SpoolFailedException($"the spool cannot be written: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            RaiseFailed();
            if (left is { } number) DeleteIfPossible(number);
        }
    }

    /// <summary>Waits until everything appended so far is on the disk (<c>durability: sync</c>).</summary>
    /// <exception cref="SpoolFailedException">A sync failed.</exception>
    public async ValueTask SyncAsync(CancellationToken cancellationToken)
    {
        await _syncing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            SyncLocked();
        }
        finally
        {
            _syncing.Release();
            RaiseFailed();
        }
    }

    /// <summary>Keeps a file for a session (recovery).</summary>
    public void Need(long file, Guid session)
    {
        lock (_gate) NeedLocked(file, session);
    }

    /// <summary>Deletes the files of earlier lives that recovery has not asked to keep. Called once, when recovery has read them all.</summary>
    public void DeleteUnneeded()
    {
        List<long> free;
        lock (_gate) free = [.. _old.Where(number => !_needed.TryGetValue(number, out var sessions) || sessions.Count == 0)];
        var there = _folder.List();
        foreach (var number in free.Where(there.Contains)) _folder.Delete(number);
    }

    /// <summary>Lets go of a sealed session's frames: files that no other session needs are deleted.</summary>
    public void Release(Guid session)
    {
        List<long> free = [];
        lock (_gate)
        {
            foreach (var (number, sessions) in _needed)
            {
                if (sessions.Remove(session) && sessions.Count == 0 && number != _number) free.Add(number);
            }

            foreach (var number in free) _needed.Remove(number);
        }

        foreach (var number in free) _folder.Delete(number);
    }

    /// <summary>Reads a frame that was appended to this log.</summary>
    /// <exception cref="EvidenceFormatException">The file is damaged there.</exception>
    public SpoolFrame Read(SpoolPosition position)
    {
        using var file = _folder.Open(position.File);
        return SpoolReader.ReadFrame(file, position.Offset, out _) ?? throw new EvidenceFormatException($"the spool is damaged at {position}");
    }

    /// <summary>Opens one of its files to read frames by position.</summary>
    public ISpoolFile OpenFile(long number) => _folder.Open(number);

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _syncing.Wait();
        try
        {
            if (_failure is null) SyncLocked();
        }
        catch (SpoolFailedException)
        {
            // Failed is raised below; there is nothing left to do for a log that is being closed.
        }
        finally
        {
            // The semaphore is not disposed: a last tick of the timer, or a caller of SyncAsync, may still come and is told that the log is closed.
            _syncing.Release();
        }

        RaiseFailed();
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            if (_failure is null) (_failure, _raised) = (new ObjectDisposedException(nameof(SpoolLog)), true);
        }
    }

    private ISpoolFile FileWithRoom(int bytes, ref long? left)
    {
        if (_file is { } file && file.Length + bytes <= RotateBytes) return file;
        // The old file is synced before the new one is begun, so that a torn end can only be in the last file.
        try
        {
            _file?.Sync();
        }
        catch (IOException e)
        {
            _failure = e;
            throw;
        }

        if (_file is not null)
        {
            _file.Dispose();
            _file = null;
            // Its sessions may all have been released while it was the current one, which is never deleted.
            if (_needed.TryGetValue(_number, out var sessions) && sessions.Count == 0 && _needed.Remove(_number)) left = _number;
        }

        return _file = _folder.Create(++_number);
    }

    // A frame that is in the log must not be reported as lost because an old file could not be deleted: the next start finds that again.
    private void DeleteIfPossible(long number)
    {
        try
        {
            _folder.Delete(number);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private void NeedLocked(long file, Guid session)
    {
        if (!_needed.TryGetValue(file, out var sessions)) _needed[file] = sessions = [];
        sessions.Add(session);
    }

    private void SyncQuietly()
    {
        if (!_syncing.Wait(0)) return;
        try
        {
            SyncLocked();
        }
        catch (SpoolFailedException)
        {
            // Failed is raised below.
        }
        finally
        {
            _syncing.Release();
            RaiseFailed();
        }
    }

    private void RaiseFailed()
    {
        if (Volatile.Read(ref _failure) is null) return;
        Exception cause;
        lock (_gate)
        {
            if (_failure is null || _raised) return;
            (cause, _raised) = (_failure, true);
        }

        // Outside the locks: a handler ends sessions, which may well call back.
        Failed?.Invoke(cause);
    }

    private void SyncLocked()
    {
        ISpoolFile? file;
        long target;
        lock (_gate)
        {
            if (_failure is { } failure) throw new SpoolFailedException($"the spool has failed before: {failure.Message}", failure);
            if (_appended == _synced || _file is null) return;
            (file, target) = (_file, _appended);
        }

        try
        {
            file.Sync();
            _synced = target;
        }
        catch (ObjectDisposedException)
        {
            // The file was rotated away, and synced before that.
        }
        catch (IOException e)
        {
            lock (_gate) _failure ??= e;
            throw new SpoolFailedException($"the spool cannot be synced: {e.Message}", e);
        }
    }
}
