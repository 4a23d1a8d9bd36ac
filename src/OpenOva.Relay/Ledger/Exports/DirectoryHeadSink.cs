using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>Puts heads into a folder, one file each, whole or not at all. A head that is there stays as it is.</summary>
internal sealed class DirectoryHeadSink(string directory) : IExportTarget
{
    public TimeSpan ConfirmAfter => TimeSpan.Zero;

    public long Connection => 0;

    public async Task<ExportOutcome> SendAsync(IReadOnlyList<ExportRecord> records, CancellationToken cancellation)
    {
        foreach (var head in records)
        {
            var path = Path.Combine(directory, HeadFile.Name(head));
            if (File.Exists(path)) continue;
            var making = Path.Combine(directory, $".{HeadFile.Name(head)}.new");
            await using (var file = new FileStream(making, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(head.Content, cancellation);
                file.Flush(flushToDisk: true);
            }

            File.Move(making, path, overwrite: true);
        }

        DirectorySync.Flush(directory);
        return new(records.Count, null);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
