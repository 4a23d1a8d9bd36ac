namespace OpenOva.Relay.Evidence.Spool;

/// <summary>One append-only file of the spool. The seam where tests put power loss, full disks and failing syncs under the spool.</summary>
public interface ISpoolFile : IDisposable
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Appends with write(2): when it returns, the bytes survive this process. All or nothing: on failure the file is as long as before.</summary>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    void Append(ReadOnlySpan<byte> data);

    /// <summary>fdatasync(2): when it returns, what was appended before survives the machine.</summary>
    /// <exception cref="IOException">The disk failed. What was not synced before may be lost even if a later sync succeeds.</exception>
    void Sync();

    /// <summary>Reads at a position; less than asked only at the end.</summary>
    int ReadAt(long position, Span<byte> to);
}

/// <summary>A folder of spool files.</summary>
public interface ISpoolFolder
{
    /// <summary>The numbers of the files there, ascending.</summary>
    IReadOnlyList<long> List();

    /// <summary>Makes a new file that survives the machine from its first sync on.</summary>
    ISpoolFile Create(long number);

    /// <summary>Opens an old file to read.</summary>
    ISpoolFile Open(long number);

    /// <summary>Deletes a file.</summary>
    void Delete(long number);

    /// <summary>What distinguishes one start of the machine from the next; unknown machines say nothing (empty), which counts as a power loss.</summary>
    string BootId { get; }
}
