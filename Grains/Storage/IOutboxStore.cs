using WhatsApp.Grains.Abstractions.Webhooks;

namespace WhatsApp.Grains.Storage;

/// <summary>The durable queue of events (orleans-notes §6).</summary>
public interface IOutboxStore
{
    /// <summary>
    /// Claims rows in sequence order, oldest first, for one endpoint: stops at the first row that is not due or claimed, so order holds.
    /// Claimed rows are invisible to other claims for <paramref name="visibility"/>.
    /// </summary>
    ValueTask<IReadOnlyList<OutboxRow>> ClaimAsync(string instanceId, string endpointId, int limit, TimeSpan visibility, CancellationToken cancellationToken);
    /// <summary>Delivered: delete.</summary>
    ValueTask DeleteAsync(string instanceId, string endpointId, IReadOnlyCollection<long> sequences, CancellationToken cancellationToken);
    /// <summary>Failed: try again at <paramref name="dueAt"/> (ms since the Unix epoch), attempts as given; releases the claims of <paramref name="release"/> untried.</summary>
    ValueTask RescheduleAsync(string instanceId, string endpointId, long sequence, int attempts, long dueAt, IReadOnlyCollection<long> release, CancellationToken cancellationToken);
    /// <summary>Rows of one event that are held back: not due yet and never tried.</summary>
    ValueTask<IReadOnlyList<OutboxRow>> FindHeldAsync(string instanceId, long sequence, CancellationToken cancellationToken);
    /// <summary>Gives a row that is held back its final body and makes it due; false when it is held back no more: the body it has is the one that was sent.</summary>
    ValueTask<bool> ReviseAsync(string instanceId, string endpointId, long sequence, byte[] body, CancellationToken cancellationToken);
    /// <summary>
    /// The instance's only deliverer begins: all claims are those of a process that died and are taken away. Returns the instance, whose endpoints it delivers to; null = there is none.
    /// </summary>
    ValueTask<InstanceDefinition?> BeginAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Given up: move to the dead letters with the reason. Of each endpoint the newest thousand are kept.</summary>
    ValueTask BuryAsync(string instanceId, string endpointId, long sequence, int attempts, string reason, CancellationToken cancellationToken);
    /// <summary>When each endpoint with rows waiting can go on (ms since the Unix epoch): its first row's due time, or the end of that row's claim if later.</summary>
    ValueTask<IReadOnlyDictionary<string, long>> NextDueAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Existing instances, in id order, with an endpoint whose first row has been due for longer than <paramref name="age"/> and is not claimed: for the sweeper.</summary>
    ValueTask<IReadOnlyList<string>> FindNeglectedAsync(TimeSpan age, int limit, CancellationToken cancellationToken);
    /// <summary>Rows waiting per instance (0 when absent).</summary>
    ValueTask<IReadOnlyDictionary<string, int>> CountAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken);
    /// <summary>Dead letters, newest first, after the one of this sequence and endpoint.</summary>
    ValueTask<IReadOnlyList<DeadDelivery>> ListDeadAsync(string instanceId, (long Sequence, string EndpointId)? before, int limit, CancellationToken cancellationToken);
    /// <summary>Moves the dead letters of an event back, due at once and as if never tried. Returns their endpoints.</summary>
    ValueTask<IReadOnlyList<string>> ReviveAsync(string instanceId, string eventId, CancellationToken cancellationToken);
}
