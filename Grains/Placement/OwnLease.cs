namespace WhatsApp.Grains.Placement;

/// <summary>A moment on both clocks: one that time leaps of the machine do not move, and one that goes on while it sleeps.</summary>
/// <param name="Ticks">Of <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="Wall">Of <see cref="TimeProvider.GetUtcNow"/>.</param>
internal readonly record struct LeaseMoment(long Ticks, DateTimeOffset Wall);

/// <summary>
/// What this silo knows of its own lease without asking: whoever was frozen or cut off for too long learns it from the clock, before it does
/// anything else. A lease that has run out once stays lost until everything that rested on it is closed. Thread-safe. A silo without a
/// lease (embedded) always holds it.
/// </summary>
internal sealed class OwnLease(TimeProvider time)
{
    /// <summary>How long the lease runs in the database, from each renewal on.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    /// <summary>After this long it counts as lost here: the rest is for closing the sockets before the next owner opens his.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(13);

    private readonly Lock _lock = new();
    private LeaseMoment? _renewed;
    private bool _lost;

    /// <summary>Now, for <see cref="Renewed"/>: taken before the renewal is sent.</summary>
    public LeaseMoment Now => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>False: connect nothing, write nothing, close what is open.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_lock)
            {
                _lost |= IsOver();
                return !_lost;
            }
        }
    }

    /// <summary>It was lost and holds again: what was closed may open. On the thread that took it up.</summary>
    public event EventHandler? Resumed;

    /// <summary>The database took the renewal sent at this moment. It does not make good a lease that ran out before.</summary>
    public void Renewed(LeaseMoment sent)
    {
        lock (_lock)
        {
            _lost |= IsOver();
            _renewed = sent;
        }
    }

    /// <summary>Everything is closed: from here on it holds again, if it has been renewed meanwhile.</summary>
    public bool TryResume()
    {
        lock (_lock)
        {
            if (!_lost || IsOver())
                return false;
            _lost = false;
        }
        Resumed?.Invoke(this, EventArgs.Empty);
        return true;
    }

    private bool IsOver() => _renewed is { } last && (time.GetElapsedTime(last.Ticks) > Trust || time.GetUtcNow() - last.Wall > Trust);
}
