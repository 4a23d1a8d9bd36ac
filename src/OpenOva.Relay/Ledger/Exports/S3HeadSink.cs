using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>Puts heads into a bucket under credentials of their own, create-if-absent: they need no right to replace or delete.</summary>
internal sealed class S3HeadSink(HeadSinkOptions options, TimeProvider time) : IExportTarget
{
    private readonly S3ObjectStore _store = new(options.S3, [options.Bucket], time);

    public TimeSpan ConfirmAfter => TimeSpan.Zero;

    public long Connection => 0;

    public async Task<ExportOutcome> SendAsync(IReadOnlyList<ExportRecord> records, CancellationToken cancellation)
    {
        for (var sent = 0; sent < records.Count; sent++)
        {
            try
            {
                await _store.PutIfAbsentAsync(options.Bucket, options.Prefix + HeadFile.Name(records[sent]), records[sent].Content, null, cancellation);
            }
            catch (ObjectAlreadyExistsException)
            {
                // Put before, though the answer was lost.
            }
            catch (ObjectStoreException refused)
            {
                return new(sent, refused.Message);
            }
        }

        return new(records.Count, null);
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return ValueTask.CompletedTask;
    }
}
