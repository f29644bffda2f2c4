namespace WhatsApp.Grains.Instances;

/// <summary>
/// Logins per second of one silo (architecture §5.4): a thousand instances must not log in at once. Evenly spaced; of those that wait, the
/// most recently active is next, and every fourth turn is of the one that has waited longest, so that nobody waits for ever.
/// </summary>
public sealed class ConnectRate : IDisposable
{
    /// <summary>When nothing else is configured: a thousand instances of one silo connect within ten seconds; and when a silo dies, its instances do not wait longer for their turn than for all the rest.</summary>
    public const double Default = 100;

    private const int LongestWaitEvery = 4;
    private static readonly TimeSpan MakesUpFor = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly TimeSpan _gap;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private readonly PriorityQueue<Waiter, long> _byActivity = new();
    private readonly Queue<Waiter> _byArrival = new();
    private DateTimeOffset _next = DateTimeOffset.MinValue;
    private int _turn;

    /// <param name="time">Clock.</param>
    /// <param name="perSecond">Above 0.</param>
    public ConnectRate(TimeProvider time, double perSecond)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _gap = TimeSpan.FromSeconds(1 / perSecond);
        _timer = time.CreateTimer(_ => Serve(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for this caller's turn.</summary>
    /// <param name="lastActive">When the instance last received or sent a message.</param>
    /// <param name="cancellationToken">Gives the turn to the next.</param>
    public async ValueTask WaitAsync(DateTimeOffset? lastActive, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            if (_byArrival.Count == 0 && _next <= now)
            {
                _next = now + _gap;
                return;
            }
            waiter = new Waiter();
            _byActivity.Enqueue(waiter, -(lastActive ?? DateTimeOffset.MinValue).UtcTicks);
            _byArrival.Enqueue(waiter);
            if (_byArrival.Count == 1)
                WakeAt(now);
        }
        await using (cancellationToken.UnsafeRegister(static state => ((Waiter)state!).TrySetCanceled(), waiter))
            await waiter.Task;
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Serve()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            // A timer that comes late serves those that are due together and keeps the mean, but a process that was frozen makes up for nothing.
            if (now - _next > MakesUpFor)
                _next = now - MakesUpFor;
            while (_next <= now && TryServeOne())
                _next += _gap;
            if (_byArrival.Count > 0)
                WakeAt(now);
        }
    }

    private bool TryServeOne()
    {
        var longest = (_turn + 1) % LongestWaitEvery == 0;
        while (longest ? _byArrival.TryDequeue(out var waiter) : _byActivity.TryDequeue(out waiter, out _))
            if (waiter.TrySetResult())
            {
                _turn++;
                DropServed();
                return true;
            }
        DropServed();
        return false;
    }

    // Each waits in both queues; those that have gone leave the front at once and the rest of their places later.
    private void DropServed()
    {
        while (_byArrival.TryPeek(out var first) && first.Task.IsCompleted)
            _byArrival.Dequeue();
        while (_byActivity.TryPeek(out var first, out _) && first.Task.IsCompleted)
            _byActivity.Dequeue();
        if (_byArrival.Count == 0)
            _byActivity.Clear();
    }

    private void WakeAt(DateTimeOffset now) => _timer.Change(_next > now ? _next - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    private sealed class Waiter() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
}
