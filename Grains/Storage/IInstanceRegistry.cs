using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Grains.Storage;

/// <summary>Which instances exist and should run.</summary>
public interface IInstanceRegistry
{
    /// <summary>Inserts; false when the id is taken.</summary>
    ValueTask<bool> TryCreateAsync(InstanceDefinition definition, CancellationToken cancellationToken);
    /// <summary>Replaces what was asked for (webhooks, settings, metadata); everything else stays. Only by the owner of this epoch.</summary>
    /// <exception cref="Protocol.Store.FencedException">A newer owner exists, or the instance is gone.</exception>
    ValueTask ReplaceAsync(string instanceId, long epoch, CreateInstance request, CancellationToken cancellationToken);
    /// <summary>The definition, or null.</summary>
    ValueTask<InstanceDefinition?> FindAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Deletes the instance and all its rows in one transaction (outbox and messages too when <paramref name="purge"/>). False when it was not there.</summary>
    ValueTask<bool> DeleteAsync(string instanceId, bool purge, CancellationToken cancellationToken);
    /// <summary>A page for lists, from status lines.</summary>
    ValueTask<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken);
    /// <summary>One summary, or null.</summary>
    ValueTask<InstanceSummary?> FindSummaryAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Nobody owns any instance, nor did before: for a start that knows that no other process is running.</summary>
    ValueTask ForgetOwnersAsync(CancellationToken cancellationToken);
    /// <summary>Desired instances, recently active first: id and current owner (silo address text) or null.</summary>
    ValueTask<IReadOnlyList<(string InstanceId, string? Owner)>> ListDesiredAsync(CancellationToken cancellationToken);
}
