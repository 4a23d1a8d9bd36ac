namespace OpenOva.Relay.Ledger.Exports;

/// <summary>
/// A syslog receiver. It acknowledges nothing: a message counts as arrived when the connection that took it has lived on for a while, and everything younger
/// is sent again on the next one. A receiver that takes bytes and loses them afterwards is not noticed; it finds the gap by the sequence numbers.
/// </summary>
internal sealed class SyslogTarget(ExportOptions options, string host) : IExportTarget
{
    private SyslogConnection? _open;
    private long _connection;

    public TimeSpan ConfirmAfter => options.ConfirmAfter;

    public long Connection => _open is { IsDead: false } ? _connection : _connection + 1;

    public async Task<ExportOutcome> SendAsync(IReadOnlyList<ExportRecord> records, CancellationToken cancellation)
    {
        if (_open is { IsDead: true })
        {
            // What it may have lost comes first.
            await CloseAsync();
            return new(0, "the receiver closed the connection");
        }

        _open ??= await OpenAsync(cancellation);
        using var messages = new MemoryStream();
        foreach (var record in records) SyslogMessage.Write(messages, record, host, options.EnterpriseNumber);
        try
        {
            await _open.WriteAsync(messages.GetBuffer().AsMemory(0, (int)messages.Length), cancellation);
        }
        catch
        {
            await CloseAsync();
            throw;
        }

        return new(records.Count, null, _connection);
    }

    public ValueTask DisposeAsync() => _open is null ? ValueTask.CompletedTask : new(CloseAsync());

    private async Task<SyslogConnection> OpenAsync(CancellationToken cancellation)
    {
        var opened = await SyslogConnection.OpenAsync(options, cancellation);
        _connection++;
        return opened;
    }

    private async Task CloseAsync()
    {
        var closed = _open!;
        _open = null;
        await closed.DisposeAsync();
    }
}
