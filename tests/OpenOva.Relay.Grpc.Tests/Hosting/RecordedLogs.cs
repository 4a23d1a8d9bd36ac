using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Grpc.Tests.Hosting;

/// <summary>Keeps what is logged, and lets a test wait for it.</summary>
internal sealed class RecordedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, EventId Id, string Text)> _entries = new();

    public IEnumerable<(string Category, LogLevel Level, EventId Id, string Text)> OfGrpc =>
        _entries.Where(entry => entry.Category.StartsWith("Grpc.", StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(RecordedLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs._entries.Enqueue((category, logLevel, eventId, $"{formatter(state, exception)} {exception}"));
    }
}
