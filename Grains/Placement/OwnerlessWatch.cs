namespace WhatsApp.Grains.Placement;

/// <summary>
/// Tells instances that are on their way to an owner (their silo died a moment ago, a sweep is about to claim them) from those nobody can
/// claim: for the first the rebalancer waits, the second must not stop it for ever. Not thread-safe.
/// </summary>
internal sealed class OwnerlessWatch(TimeProvider time)
{
    /// <summary>Several sweeps: whoever could be claimed has been by then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    private Dictionary<string, long> _since = new(StringComparer.Ordinal);

    /// <summary>True while one of these has been without an owner for less than <see cref="Patience"/>.</summary>
    /// <param name="ownerless">Every desired instance without a live owner now; what is not among them any more is forgotten.</param>
    public bool MustWait(IEnumerable<string> ownerless)
    {
        var now = time.GetTimestamp();
        _since = ownerless.ToDictionary(id => id, id => _since.GetValueOrDefault(id, now), StringComparer.Ordinal);
        return _since.Values.Any(since => time.GetElapsedTime(since, now) < Patience);
    }

    /// <summary>Silos came or went: all begins anew.</summary>
    public void Forget() => _since.Clear();
}
