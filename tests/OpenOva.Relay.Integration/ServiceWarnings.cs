using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Integration;

/// <summary>Keeps the last warnings and errors of the service under test, so that a test which fails can say what the service knew.</summary>
internal sealed class ServiceWarnings : ILoggerProvider, ILogger
{
    private const int Most = 20;
    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        _lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
        while (_lines.Count > Most) _lines.TryDequeue(out _);
    }

    public void Dispose()
    {
        // Nothing is held but memory.
    }

    public override string ToString() => string.Join("; ", _lines);
}
