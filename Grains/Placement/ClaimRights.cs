using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WhatsApp.Grains.Instances;

namespace WhatsApp.Grains.Placement;

/// <summary>
/// Which instances this silo may own now: none without its lease, none more when it is leaving, and for a while none that a newer owner took from it, or two silos that
/// disagree would fight (orleans-notes §3). Thread-safe.
/// </summary>
internal sealed class ClaimRights(OwnLease lease, IOptions<InstanceTimings> timings, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _until = new(StringComparer.Ordinal);
    private volatile bool _leaving;

    /// <summary>False when this silo's lease has run out: no socket may open and nothing be written.</summary>
    public bool HasLease => lease.IsHeld;

    /// <summary>This silo has been told to stop: what it owns it still writes, but it takes nothing more. Others that do not know yet may go on sending it instances.</summary>
    public bool IsLeaving => _leaving;

    /// <summary>From now on it is.</summary>
    public void Leave() => _leaving = true;

    /// <summary>True when it may be claimed.</summary>
    public bool May(string instanceId)
    {
        if (!lease.IsHeld || _leaving)
            return false;
        if (!_until.TryGetValue(instanceId, out var until))
            return true;
        if (until > time.GetUtcNow())
            return false;
        _until.TryRemove(KeyValuePair.Create(instanceId, until));
        return true;
    }

    /// <summary>A newer owner has it: leave it alone for a while, never for the same while as another silo.</summary>
    public void KeepAway(string instanceId)
    {
        var (shortest, longest) = (timings.Value.ShortestFencePause, timings.Value.LongestFencePause);
        _until[instanceId] = time.GetUtcNow() + shortest + ((longest - shortest) * Random.Shared.NextDouble());
    }
}
