using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Grains.Storage;

/// <summary>An instance as created and configured. Webhook secrets included (sealed at rest).</summary>
public sealed record InstanceDefinition(string InstanceId, CreateInstance Request, bool Desired, DateTimeOffset CreatedAt);

/// <summary>What a new owner starts from.</summary>
/// <param name="Epoch">Every commit names it.</param>
/// <param name="LastSequence">Number of the last event; the next one gets +1.</param>
/// <param name="Definition">The instance as created.</param>
public sealed record Ownership(long Epoch, long LastSequence, InstanceDefinition Definition)
{
    /// <summary>Moves whose events are not in the outbox yet, oldest first; the last is this owner's own if the one before was another node.</summary>
    public IReadOnlyList<OwnershipMove> Moves { get; init; } = [];

    /// <summary>When a message came or went last, to the minute; null = never.</summary>
    public DateTimeOffset? LastActiveAt { get; init; }
}
