using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>One transaction of an instance's owner.</summary>
/// <param name="Device">What the device changed.</param>
/// <param name="Outbox">Rows for the webhook grain; bodies are fixed here.</param>
/// <param name="LastSequence">Counter after this batch; 0 = it has not moved.</param>
/// <param name="Status">New status line, or null = unchanged.</param>
/// <param name="Desired">New desired state, or null = unchanged.</param>
public sealed record SessionBatch(DeviceBatch Device, IReadOnlyList<OutboxRow> Outbox, long LastSequence, StatusLine? Status = null, bool? Desired = null)
{
    /// <summary>Files of the batch's messages, each with what is to become of it.</summary>
    public IReadOnlyList<MediaRow> Media { get; init; } = [];
    /// <summary>Moves whose events are in <see cref="Outbox"/>.</summary>
    public IReadOnlyList<ToldMove> Moves { get; init; } = [];
    /// <summary>A message came or went at this time; null = unchanged.</summary>
    public DateTimeOffset? ActiveAt { get; init; }
}
