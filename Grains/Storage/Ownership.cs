using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>What a new owner starts from: all of it comes with the claim, so that a thousand that start at once ask the database once each.</summary>
/// <param name="Epoch">Every commit names it.</param>
/// <param name="LastSequence">Number of the last event; the next one gets +1.</param>
/// <param name="Definition">The instance as created.</param>
/// <param name="Status">As it is now: of one that is desired, "connecting" or "reconnecting".</param>
public sealed record Ownership(long Epoch, long LastSequence, InstanceDefinition Definition, StatusLine Status)
{
    /// <summary>Moves whose events are not in the outbox yet, oldest first; the last is this owner's own if the one before was another node.</summary>
    public IReadOnlyList<OwnershipMove> Moves { get; init; } = [];

    /// <summary>When a message came or went last, to the minute; null = never.</summary>
    public DateTimeOffset? LastActiveAt { get; init; }

    /// <summary>Null when it has none yet, or no more.</summary>
    public DeviceCredentials? Credentials { get; init; }

    /// <summary>What the owner before has left to do.</summary>
    public LeftOver LeftOver { get; init; } = new(Events: true, Messages: true, Files: true);
}

/// <summary>Which rows wait for a new owner.</summary>
/// <param name="Events">In the outbox.</param>
/// <param name="Messages">Queued or not acknowledged.</param>
/// <param name="Files">Of messages, to be fetched, now or later.</param>
public sealed record LeftOver(bool Events, bool Messages, bool Files);
