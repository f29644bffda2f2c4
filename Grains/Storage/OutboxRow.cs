namespace WhatsApp.Grains.Storage;

/// <summary>One event for one endpoint. Unique by (instance, endpoint, sequence).</summary>
/// <param name="EndpointId">Which webhook.</param>
/// <param name="Sequence">Order within the instance.</param>
/// <param name="EventId">evt_ + ULID: same on every retry.</param>
/// <param name="EventName">e.g. message.received.</param>
/// <param name="Body">JSON bytes, sent as they are.</param>
/// <param name="CreatedAt">Milliseconds since the Unix epoch.</param>
public sealed record OutboxRow(string EndpointId, long Sequence, string EventId, string EventName, byte[] Body, long CreatedAt)
{
    /// <summary>Deliveries tried so far.</summary>
    public int Attempts { get; init; }
    /// <summary>Not before, milliseconds since the Unix epoch.</summary>
    public long DueAt { get; init; }
}
