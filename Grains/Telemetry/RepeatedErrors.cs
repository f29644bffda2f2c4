using Microsoft.Extensions.Logging;
using Npgsql;
using WhatsApp.Grains.Storage.Postgres;

namespace WhatsApp.Grains.Telemetry;

/// <summary>
/// Keeps the log readable when the same happens to a thousand instances at once: of each kind of error one line a minute is written, the
/// others are counted and told as one number. That PostgreSQL is away is one kind, and no bug: it comes without a stack trace. Thread-safe.
/// </summary>
internal sealed partial class RepeatedErrors(TimeProvider time) : IDisposable
{
    /// <summary>One line of each kind in this long.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Kind, Repeats> _kinds = [];

    /// <summary>Writes the line, or counts it.</summary>
    /// <param name="logger">Of who saw it.</param>
    /// <param name="what">What happened: one of few constant texts.</param>
    /// <param name="whom">What it happened to, e.g. an instance.</param>
    /// <param name="error">Why.</param>
    public void Tell(ILogger logger, string what, string whom, Exception error)
    {
        var outage = DatabaseOutage.Find(error);
        var kind = new Kind(what, outage is null ? error.GetBaseException().GetType() : typeof(NpgsqlException));
        lock (_lock)
        {
            if (_kinds.TryGetValue(kind, out var known))
            {
                known.More++;
                return;
            }
            _kinds[kind] = new Repeats(time.CreateTimer(_ => Close(logger, kind), null, Window, Timeout.InfiniteTimeSpan));
        }
        if (outage is null)
            LogError(logger, whom, what, error);
        else
            LogOutage(logger, whom, what, outage.Message.ReplaceLineEndings(" "));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var repeats in _kinds.Values)
                repeats.Timer.Dispose();
            _kinds.Clear();
        }
    }

    private void Close(ILogger logger, Kind kind)
    {
        Repeats? repeats;
        lock (_lock)
            if (!_kinds.Remove(kind, out repeats))
                return;
        repeats.Timer.Dispose();
        if (repeats.More > 0)
            LogMore(logger, kind.What, repeats.More, kind.Error.Name);
    }

    private sealed record Kind(string What, Type Error);

    private sealed class Repeats(ITimer timer)
    {
        public ITimer Timer => timer;
        public int More { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Whom}: {What}")]
    private static partial void LogError(ILogger logger, string whom, string what, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Whom}: {What}; PostgreSQL does not answer: {Reason}")]
    private static partial void LogOutage(ILogger logger, string whom, string what, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{What}: {Count} times more in the last minute ({Error})")]
    private static partial void LogMore(ILogger logger, string what, int count, string error);
}
