using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace WhatsApp.Grains.Tests.Scripted;

/// <summary>Remembers its lines.</summary>
internal sealed class ListLogger : ILogger
{
    private readonly ConcurrentQueue<(string Text, Exception? Error)> _lines = new();

    public IReadOnlyList<(string Text, Exception? Error)> Lines => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((formatter(state, exception), exception));
}
