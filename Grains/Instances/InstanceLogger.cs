using Microsoft.Extensions.Logging;

namespace WhatsApp.Grains.Instances;

/// <summary>Puts the instance's id before every line of its device, which does not know it.</summary>
internal sealed class InstanceLogger(string instanceId, ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        inner.Log(logLevel, eventId, state, exception, (fields, error) => $"{instanceId}: {formatter(fields, error)}");
}
