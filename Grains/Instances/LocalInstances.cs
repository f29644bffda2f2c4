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

    /// <summary>True when it is active here.</summary>
    public bool Has(string instanceId) => _active.ContainsKey(instanceId);

    public void Add(string instanceId, IGrainContext activation) => _active[instanceId] = activation;

    /// <summary>Removes this activation; a later one of the same instance stays.</summary>
    public void Remove(string instanceId, IGrainContext activation) => _active.TryRemove(KeyValuePair.Create(instanceId, activation));

    /// <summary>Asks the grain on its own scheduler, whatever requests it is in the middle of; false when it is not active here.</summary>
    public Task<bool> AskAsync(string instanceId, Func<InstanceGrain, bool> ask)
    {
        if (!_active.TryGetValue(instanceId, out var activation))
            return Task.FromResult(false);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        InstanceGrain.On(activation, grain =>
        {
            try
            {
                answer.TrySetResult(ask(grain));
            }
            catch (Exception error)
            {
                answer.TrySetException(error);
            }
        });
        return answer.Task;
    }
}
