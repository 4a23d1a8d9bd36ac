using System.Runtime.InteropServices;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>Makes a directory's entries durable: a file's own fsync does not cover its name.</summary>
internal static partial class DirectorySync
{
    /// <exception cref="IOException">The directory could not be opened or synchronised.</exception>
    public static void Flush(string directory)
    {
        // Windows keeps names in its journal and cannot open a directory for this.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(directory, 0); // O_RDONLY
        if (descriptor < 0) throw new IOException($"Cannot open {directory}: errno {Marshal.GetLastPInvokeError()}.");
        try
        {
            if (Fsync(descriptor) != 0) throw new IOException($"Cannot fsync {directory}: errno {Marshal.GetLastPInvokeError()}.");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
