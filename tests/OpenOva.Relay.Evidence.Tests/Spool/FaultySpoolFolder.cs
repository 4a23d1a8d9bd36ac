using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Evidence.Tests.Spool;

/// <summary>A disk in memory that can lose power, fill up, fail a sync or be slow.</summary>
internal sealed class FaultySpoolFolder : ISpoolFolder
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Disk> _files = [];

    public string BootId { get; set; } = "boot-1";

    /// <summary>Bytes the disk still takes; a write that does not fit fails whole, as the contract of ISpoolFile demands.</summary>
    public long Room { get; set; } = long.MaxValue;

    /// <summary>The next syncs fail; what was not synced is dropped, as the kernel does.</summary>
    public int FailingSyncs { get; set; }

    public bool FailingCreate { get; set; }

    /// <summary>Runs within each sync.</summary>
    public Action? DuringSync { get; set; }

    public int Syncs { get; private set; }

    public List<long> Deleted { get; } = [];

    public IReadOnlyList<long> List()
    {
        lock (_gate) return [.. _files.Keys];
    }

    public ISpoolFile Create(long number)
    {
        lock (_gate)
        {
            if (FailingCreate) throw new UnauthorizedAccessException("read-only file system");
            var disk = new Disk();
            _files.Add(number, disk);
            return new File(this, disk);
        }
    }

    public ISpoolFile Open(long number)
    {
        lock (_gate) return new File(this, _files[number]);
    }

    public void Delete(long number)
    {
        lock (_gate)
        {
            _files.Remove(number);
            Deleted.Add(number);
        }
    }

    /// <summary>What is found after power was lost: only what was synced, and of the rest the given number of bytes.</summary>
    public FaultySpoolFolder AfterPowerLoss(int unsyncedBytesKept = 0)
    {
        var after = new FaultySpoolFolder { BootId = "boot-2" };
        lock (_gate)
        {
            foreach (var (number, disk) in _files)
            {
                var kept = Math.Min(disk.Bytes.Count, disk.Synced + unsyncedBytesKept);
                after._files[number] = new() { Bytes = [.. disk.Bytes.Take(kept)], Synced = kept };
            }
        }

        return after;
    }

    public byte[] Bytes(long number)
    {
        lock (_gate) return [.. _files[number].Bytes];
    }

    public void SetBytes(long number, byte[] bytes)
    {
        lock (_gate) _files[number] = new() { Bytes = [.. bytes], Synced = bytes.Length };
    }

    private sealed class Disk
    {
        public List<byte> Bytes { get; set; } = [];

        public int Synced { get; set; }
    }

    private sealed class File(FaultySpoolFolder folder, Disk disk) : ISpoolFile
    {
        private bool _disposed;

        public long Length
        {
            get
            {
                lock (folder._gate) return disk.Bytes.Count;
            }
        }

        public void Append(ReadOnlySpan<byte> data)
        {
            lock (folder._gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (data.Length > folder.Room) throw new IOException("No space left on device");
                folder.Room -= data.Length;
                disk.Bytes.AddRange(data);
            }
        }

        public void Sync()
        {
            int length;
            lock (folder._gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                length = disk.Bytes.Count;
                folder.Syncs++;
                if (folder.FailingSyncs > 0)
                {
                    folder.FailingSyncs--;
                    throw new IOException("Input/output error");
                }
            }

            folder.DuringSync?.Invoke();
            lock (folder._gate) disk.Synced = Math.Max(disk.Synced, length);
        }

        public int ReadAt(long position, Span<byte> to)
        {
            lock (folder._gate)
            {
                var n = (int)Math.Clamp(disk.Bytes.Count - position, 0, to.Length);
                disk.Bytes.GetRange((int)position, n).CopyTo(to);
                return n;
            }
        }

        public void Dispose() => _disposed = true;
    }
}
