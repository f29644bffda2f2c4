using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Security;

/// <summary>API keys over the store.</summary>
internal sealed class ApiKeyGrain(IGatewayStore store) : Grain, IApiKeyGrain
{
    private const string Configured = "API_KEY";

    public async Task<string?> EnsureAdminKeyAsync(string? configuredKey, CancellationToken cancellationToken)
    {
        if (configuredKey is { Length: > 0 })
        {
            var hash = ApiKeys.Hash(configuredKey);
            await store.PutKeyAsync(hash, new ApiKeyInfo(ApiKeys.AdminScopes, null), Configured, cancellationToken);
            // Changing API_KEY takes the old one away.
            await store.DeleteOtherKeysAsync(Configured, hash, cancellationToken);
            return null;
        }
        if (await store.HasAdminKeyAsync(cancellationToken))
            return null;
        var key = ApiKeys.New();
        await store.PutKeyAsync(ApiKeys.Hash(key), new ApiKeyInfo(ApiKeys.AdminScopes, null), "first start", cancellationToken);
        return key;
    }

    public Task<ApiKeyInfo?> FindAsync(string keyHash, CancellationToken cancellationToken) => store.FindKeyAsync(keyHash, cancellationToken).AsTask();
}
