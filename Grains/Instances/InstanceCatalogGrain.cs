using Orleans.Concurrency;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Instances;

/// <summary>Lists from storage; wakes no instance.</summary>
[StatelessWorker]
internal sealed class InstanceCatalogGrain(IInstanceRegistry registry) : Grain, IInstanceCatalogGrain
{
    public Task<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken) =>
        registry.ListAsync(query, cancellationToken).AsTask();

    public Task<InstanceSummary?> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        registry.FindSummaryAsync(instanceId, cancellationToken).AsTask();
}
