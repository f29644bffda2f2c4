namespace WhatsApp.Protocol.Connection;

/// <summary>
/// Pauses between connects: Fibonacci 1, 1, 2, 3, 5, 8 … s, ±10 %, at most 900 s (wire/01 §11.3). Those of a second are spread more, ±50 %:
/// thousands that one event has cut off must not all come back in the same instant.
/// </summary>
/// <param name="random">0 … 1, for the jitter.</param>
internal sealed class ReconnectBackoff(Func<double> random)
{
    /// <summary>The longest pause.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(900);

    // A rate limit (429) starts here and grows the same way.
    private const int LongFactor = 30;

    private long _now;
    private long _next = 1;

    /// <summary>True until the first pause after a reset.</summary>
    public bool IsFresh => _now == 0;

    /// <summary>The next ordinary pause.</summary>
    public TimeSpan Next() => Step(1);

    /// <summary>The next pause after a rate limit.</summary>
    public TimeSpan NextLong() => Step(LongFactor);

    /// <summary>Starts again at one second: the connection proved stable, or the owner asked.</summary>
    public void Reset() => (_now, _next) = (0, 1);

    private TimeSpan Step(int factor)
    {
        var seconds = Math.Min(_next, (long)Longest.TotalSeconds);
        (_now, _next) = (seconds, Math.Min(_now + _next, (long)Longest.TotalSeconds));
        var pause = TimeSpan.FromSeconds(seconds * factor * (1 + ((seconds > 1 ? 0.2 : 1) * (random() - 0.5))));
        return pause < Longest ? pause : Longest;
    }
}
