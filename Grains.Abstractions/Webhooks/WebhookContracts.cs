using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Webhooks;

/// <summary>Where events of an instance go.</summary>
[GenerateSerializer, Alias("wa.WebhookEndpoint")]
public sealed record WebhookEndpoint
{
    /// <summary>Stable id within the instance: "w1", "w2", …</summary>
    [Id(0)] public string Id { get; init; } = "w1";
    /// <summary>http or https.</summary>
    [Id(1)] public required string Url { get; init; }
    /// <summary>Event names, "*" and "message.*" forms; empty = the defaults of rest-api part C.</summary>
    [Id(2)] public IReadOnlyList<string> Events { get; init; } = [];
    /// <summary>Extra request headers.</summary>
    [Id(3)] public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
    /// <summary>HMAC secret; null = unsigned. Never returned by the API.</summary>
    [Id(4)] public string? Secret { get; init; }
    /// <summary>Off = no deliveries.</summary>
    [Id(5)] public bool Enabled { get; init; } = true;
    /// <summary>Retry policy.</summary>
    [Id(6)] public WebhookRetryPolicy Retries { get; init; } = new();
    /// <summary>Set where <see cref="Secret"/> is withheld: there is one.</summary>
    [Id(7)] public bool HasSecret { get; init; }
    /// <summary>What events carry of a file: none | url | base64 (small files, beside the url).</summary>
    [Id(8)] public string IncludeMedia { get; init; } = "url";
    /// <summary>It answered 410: nothing is delivered there any more, its events are kept as dead letters.</summary>
    [Id(9)] public bool Gone { get; init; }

    /// <summary>Whether events are delivered there now.</summary>
    public bool IsOn => Enabled && !Gone;
}

/// <summary>rest-api part B retries. Delays in seconds.</summary>
[GenerateSerializer, Alias("wa.WebhookRetryPolicy")]
public sealed record WebhookRetryPolicy
{
    /// <summary>exponential | linear | constant.</summary>
    [Id(0)] public string Policy { get; init; } = "exponential";
    /// <summary>0 = until 72 h have passed.</summary>
    [Id(1)] public int MaxAttempts { get; init; }
    /// <summary>First delay.</summary>
    [Id(2)] public int InitialDelaySeconds { get; init; } = 2;
    /// <summary>Cap.</summary>
    [Id(3)] public int MaxDelaySeconds { get; init; } = 900;
}

/// <summary>Delivers the outbox of one instance. Key: the instance id.</summary>
[Alias("wa.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>There may be due rows: look now.</summary>
    [OneWay]
    [AlwaysInterleave]
    [Alias("Poke")]
    Task PokeAsync();

    /// <summary>Events that were given up, newest first; instance-not-found when there is none of this id.</summary>
    /// <param name="before">Sequence and endpoint of the last one seen, or null.</param>
    /// <param name="limit">1 … 200.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [AlwaysInterleave]
    [Alias("ListDead")]
    Task<IReadOnlyList<DeadDelivery>> ListDeadAsync((long Sequence, string EndpointId)? before, int limit, CancellationToken cancellationToken = default);

    /// <summary>Sends an event again wherever it was given up, also where the endpoint said that it is gone. Returns to how many endpoints; 0 = none was given up.</summary>
    [AlwaysInterleave]
    [Alias("Replay")]
    Task<int> ReplayAsync(string eventId, CancellationToken cancellationToken = default);

    /// <summary>The instance is being deleted: stop, drop reminder and state.</summary>
    [Alias("Stop")]
    Task StopAsync(CancellationToken cancellationToken = default);
}
