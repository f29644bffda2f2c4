namespace WhatsApp.Grains.Abstractions.Webhooks;

/// <summary>An event that was given up at an endpoint; kept to be sent again.</summary>
/// <param name="EventId">The event.</param>
/// <param name="EndpointId">Where it should have gone.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="EventName">e.g. message.received.</param>
/// <param name="Attempts">Times it was tried.</param>
/// <param name="Reason">Why it was given up.</param>
/// <param name="CreatedAt">When it happened.</param>
/// <param name="BuriedAt">When it was given up.</param>
[GenerateSerializer, Alias("wa.DeadDelivery")]
public sealed record DeadDelivery(
    [property: Id(0)] string EventId, [property: Id(1)] string EndpointId, [property: Id(2)] long Sequence, [property: Id(3)] string EventName, [property: Id(4)] int Attempts,
    [property: Id(5)] string Reason, [property: Id(6)] DateTimeOffset CreatedAt, [property: Id(7)] DateTimeOffset BuriedAt);
