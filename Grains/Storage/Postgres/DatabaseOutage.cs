using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>
/// Says to callers what it means that PostgreSQL is away: <c>storage-unavailable</c>, which gateways know, where an error of the driver
/// would be a riddle to them. The commit that was under way may have been made: the outcome is unknown.
/// </summary>
internal sealed partial class DatabaseOutage(TimeProvider time, ILogger<DatabaseOutage> logger) : IIncomingGrainCallFilter
{
    /// <summary>Code of the problem.</summary>
    public const string Code = "storage-unavailable";

    // Every call fails for the same reason: told once in a while.
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private long _toldAt;

    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception error) when (Find(error) is not null)
        {
            Tell(Find(error)!);
            throw new InstanceProblemException(Code, "the database does not answer; try again");
        }
    }

    /// <summary>The driver's error behind this one, if it is one of reaching the database; null otherwise.</summary>
    internal static NpgsqlException? Find(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            if (error is PostgresException answer)
                // 57P: shutting down, crashed, starting.
                return answer.IsTransient || answer.SqlState.StartsWith("57P", StringComparison.Ordinal) ? answer : null;
            else if (error is NpgsqlException unreached)
                return unreached;
        return null;
    }

    private void Tell(NpgsqlException error)
    {
        var told = Volatile.Read(ref _toldAt);
        var now = time.GetTimestamp();
        if ((told == 0 || time.GetElapsedTime(told, now) > BetweenLines) && Interlocked.CompareExchange(ref _toldAt, now, told) == told)
            LogAway(logger, error.Message.ReplaceLineEndings(" "));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL does not answer; calls are refused: {Reason}")]
    private static partial void LogAway(ILogger logger, string reason);
}
