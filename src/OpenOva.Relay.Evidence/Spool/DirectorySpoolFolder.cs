using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OpenOva.Relay.Evidence.Spool;

/// <summary>Spool files in a directory of a local disk.</summary>
public sealed partial class DirectorySpoolFolder : ISpoolFolder
{
    private const string Extension = ".spool";
    private readonly string _path;

    /// <summary>Opens the directory, readable for this user only; makes it if it is not there.</summary>
    public DirectorySpoolFolder(string path)
    {
        _path = path;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        const string linuxBootId = "/proc/sys/kernel/random/boot_id";
        BootId = File.Exists(linuxBootId) ? File.ReadAllText(linuxBootId).Trim() : "";
    }

    /// <inheritdoc/>
    public string BootId { get; }

    /// <inheritdoc/>
    public IReadOnlyList<long> List() =>
    [
        .. Directory.EnumerateFiles(_path, "*" + Extension)
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Where(n => n.Length == 16 && n.All(char.IsAsciiHexDigitLower))
            .Select(n => long.Parse(n, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))
            .Order(),
    ];

    /// <inheritdoc/>
    public ISpoolFile Create(long number)
    {
        var file = new DiskFile(PathOf(number), FileMode.CreateNew, FileAccess.ReadWrite);
        SyncDirectory();
        return file;
    }

    /// <inheritdoc/>
    public ISpoolFile Open(long number) => new DiskFile(PathOf(number), FileMode.Open, FileAccess.Read);

    /// <inheritdoc/>
    public void Delete(long number) => File.Delete(PathOf(number));

    private string PathOf(long number) => Path.Combine(_path, number.ToString("x16", CultureInfo.InvariantCulture) + Extension);

    private void SyncDirectory()
    {
        // A file whose directory entry was not synced can be lost whole. .NET opens no directories.
        if (!OperatingSystem.IsLinux()) return;
        var descriptor = OpenDirectory(_path, 0x10000 /* O_DIRECTORY */);
        if (descriptor < 0) throw Error("open", _path);
        try
        {
            if (Fsync(descriptor) != 0) throw Error("fsync", _path);
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    private static IOException Error(string call, string path)
    {
        var code = Marshal.GetLastPInvokeError();
        return new($"{call} {path}: {Marshal.GetPInvokeErrorMessage(code)}", code);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseDescriptor(int descriptor);

    private sealed class DiskFile : ISpoolFile
    {
        private readonly SafeFileHandle _handle;
        private readonly string _path;

        public DiskFile(string path, FileMode mode, FileAccess access)
        {
            _path = path;
            _handle = File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
            Length = RandomAccess.GetLength(_handle);
        }

        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> data)
        {
            try
            {
                RandomAccess.Write(_handle, data, Length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Part of the data may be there: a torn frame in the middle of the log would be damage.
                RandomAccess.SetLength(_handle, Length);
                throw new IOException($"write {_path}: {e.Message}", e);
            }

            Length += data.Length;
        }

        public void Sync()
        {
            if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(_handle);
            else if (Fdatasync(_handle) != 0) throw Error("fdatasync", _path);
        }

        public int ReadAt(long position, Span<byte> to)
        {
            var read = 0;
            while (read < to.Length && RandomAccess.Read(_handle, to[read..], position + read) is > 0 and var n) read += n;
            return read;
        }

        public void Dispose() => _handle.Dispose();
    }
}
