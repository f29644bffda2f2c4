using System.Collections.Concurrent;
using Orleans.Runtime;

namespace WhatsApp.Grains.Instances;

/// <summary>The instances that are active on this silo. Thread-safe.</summary>
internal sealed class LocalInstances
{
    private readonly ConcurrentDictionary<string, IGrainContext> _active = new(StringComparer.Ordinal);

    /// <summary>Each with its activation.</summary>
    public IReadOnlyCollection<KeyValuePair<string, IGrainContext>> All => [.. _active];

    /// <summary>True when there is none.</summary>
    public bool IsEmpty => _active.IsEmpty;

    public void Add(string instanceId, IGrainContext activation) => _active[instanceId] = activation;

    /// <summary>Removes this activation; a later one of the same instance stays.</summary>
    public void Remove(string instanceId, IGrainContext activation) => _active.TryRemove(KeyValuePair.Create(instanceId, activation));
}
