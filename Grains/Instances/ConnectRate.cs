namespace WhatsApp.Grains.Instances;

/// <summary>
/// Logins per second of one silo (architecture §5.4): a thousand instances must not log in at once. First come, first served, evenly spaced.
/// </summary>
public sealed class ConnectRate(TimeProvider time, double perSecond)
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _gap = TimeSpan.FromSeconds(1 / perSecond);
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Waits for this caller's turn.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var turn = _next > now ? _next : now;
            _next = turn + _gap;
            wait = turn - now;
        }
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellationToken);
    }
}
