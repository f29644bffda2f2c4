using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Instances;

/// <summary>
/// The messages of one instance that wait to be sent: the same activation as <see cref="IInstanceGrain"/>. Key: the instance id.
/// Failures come as <see cref="InstanceProblemException"/>.
/// </summary>
[Alias("wa.IQueueGrain")]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>A page of what waits, oldest first.</summary>
    /// <param name="after">Cursor of the page before, or null.</param>
    /// <param name="limit">1 … 200.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [AlwaysInterleave]
    [Alias("ListQueue")]
    Task<QueuePage> ListQueueAsync(QueueCursor? after, int limit, CancellationToken cancellationToken = default);

    /// <summary>Takes a message out of the queue; message-not-found when none of this id waits any more.</summary>
    [AlwaysInterleave]
    [Alias("CancelQueued")]
    Task CancelQueuedAsync(string messageId, CancellationToken cancellationToken = default);
}

/// <summary>A message that waits. Status: queued | scheduled.</summary>
[GenerateSerializer, Alias("wa.QueuedMessage")]
public sealed record QueuedMessage([property: Id(0)] string MessageId, [property: Id(1)] string To, [property: Id(2)] string Type, [property: Id(3)] string Status)
{
    /// <summary>0 first … 9 last.</summary>
    [Id(4)] public int Priority { get; init; }
    /// <summary>Not before this time, or null.</summary>
    [Id(5)] public DateTimeOffset? SendAt { get; init; }
    /// <summary>When it was taken.</summary>
    [Id(6)] public DateTimeOffset QueuedAt { get; init; }
    /// <summary>The caller's own reference.</summary>
    [Id(7)] public string? ClientRef { get; init; }
}

/// <summary>Where a page ended. CreatedAt ms since the Unix epoch.</summary>
[GenerateSerializer, Alias("wa.QueueCursor")]
public sealed record QueueCursor([property: Id(0)] long CreatedAt, [property: Id(1)] string Id);

/// <summary>A page. Next null = last page.</summary>
[GenerateSerializer, Alias("wa.QueuePage")]
public sealed record QueuePage([property: Id(0)] IReadOnlyList<QueuedMessage> Items, [property: Id(1)] QueueCursor? Next, [property: Id(2)] int Total);
