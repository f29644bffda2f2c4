namespace WhatsApp.Grains.Abstractions.Security;

/// <summary>API keys, kept hashed. Key: 0.</summary>
[Alias("wa.IApiKeyGrain")]
public interface IApiKeyGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Makes sure an admin key exists: the given one, or a new random one on the very first start.
    /// Returns the plain key only when this call generated it.
    /// </summary>
    [Alias("EnsureAdminKey")]
    Task<string?> EnsureAdminKeyAsync(string? configuredKey, CancellationToken cancellationToken = default);

    /// <summary>Who a key is, or null when unknown. The gateway caches positive answers briefly.</summary>
    /// <param name="keyHash">Lower-case hex SHA-256 of the key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [Alias("Find")]
    Task<ApiKeyInfo?> FindAsync(string keyHash, CancellationToken cancellationToken = default);
}

/// <summary>What a key may do.</summary>
/// <param name="Scopes">read send control settings delete admin.</param>
/// <param name="InstanceId">Only this instance, or null = all.</param>
[GenerateSerializer, Alias("wa.ApiKeyInfo")]
public sealed record ApiKeyInfo([property: Id(0)] IReadOnlyList<string> Scopes, [property: Id(1)] string? InstanceId);

/// <summary>Remembers answers under an idempotency key. Key: hex SHA-256 of (caller, route, key).</summary>
[Alias("wa.IIdempotencyGrain")]
public interface IIdempotencyGrain : IGrainWithStringKey
{
    /// <summary>Claims the key for a request, or tells what became of the earlier one.</summary>
    /// <param name="bodyHash">Hex SHA-256 of the request body.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [Alias("Begin")]
    Task<IdempotencyClaim> BeginAsync(string bodyHash, CancellationToken cancellationToken = default);

    /// <summary>Stores the answer for 24 h.</summary>
    [Alias("Complete")]
    Task CompleteAsync(StoredAnswer answer, CancellationToken cancellationToken = default);

    /// <summary>Forgets the claim: nothing happened.</summary>
    [Alias("Abandon")]
    Task AbandonAsync(CancellationToken cancellationToken = default);
}

/// <summary>State of an idempotency key: started (run it), running, replay, reused (other body).</summary>
[GenerateSerializer, Alias("wa.IdempotencyClaim")]
public sealed record IdempotencyClaim([property: Id(0)] string State, [property: Id(1)] StoredAnswer? Answer);

/// <summary>A first answer.</summary>
[GenerateSerializer, Alias("wa.StoredAnswer")]
public sealed record StoredAnswer([property: Id(0)] int Status, [property: Id(1)] string ContentType, [property: Id(2)] byte[] Body, [property: Id(3)] string? Location);
