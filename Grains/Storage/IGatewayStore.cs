using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Grains.Storage;

/// <summary>API keys (hash → info) and idempotency answers.</summary>
public interface IGatewayStore
{
    /// <summary>Inserts or replaces a key.</summary>
    ValueTask PutKeyAsync(string keyHash, ApiKeyInfo info, string name, CancellationToken cancellationToken);
    /// <summary>Removes the keys of this name but one: the former values of a configured key.</summary>
    ValueTask DeleteOtherKeysAsync(string name, string keptHash, CancellationToken cancellationToken);
    /// <summary>The key, or null.</summary>
    ValueTask<ApiKeyInfo?> FindKeyAsync(string keyHash, CancellationToken cancellationToken);
    /// <summary>True when any admin key exists.</summary>
    ValueTask<bool> HasAdminKeyAsync(CancellationToken cancellationToken);
    /// <summary>Removes the keys bound to an instance.</summary>
    ValueTask DeleteKeysOfAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Idempotency entry: body hash and answer (null = still running), or null. Expired entries are absent.</summary>
    ValueTask<(string BodyHash, StoredAnswer? Answer)?> FindAnswerAsync(string key, CancellationToken cancellationToken);
    /// <summary>Writes an idempotency entry.</summary>
    ValueTask PutAnswerAsync(string key, string bodyHash, StoredAnswer? answer, DateTimeOffset expiresAt, CancellationToken cancellationToken);
    /// <summary>Removes one.</summary>
    ValueTask DeleteAnswerAsync(string key, CancellationToken cancellationToken);
}
