using System.Security.Cryptography;
using System.Text;
using WhatsApp.Gateway.Errors;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway.Security;

/// <summary>
/// No key, no entry (rest-api part A): <c>Authorization: Bearer</c>, <c>X-API-Key</c> or <c>apikey</c>. Known keys are remembered for a short time,
/// so that a removed key stops working soon, and the keys of a deleted instance at once (<see cref="KnownKeys"/>). While nobody can be asked, a key
/// that was known a few minutes ago still is.
/// </summary>
internal sealed class ApiKeyMiddleware(RequestDelegate next, IGrainFactory grains, SignedLinks links, KnownKeys known, GatewayOptions options, TimeProvider time)
{
    private const int MaxKeyLength = 512;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    // Known without the cluster, which may be what one wants to see.
    private readonly string? _metricsKey = options.MetricsKey is { } key ? HashOf(key) : null;

    public async Task InvokeAsync(HttpContext context)
    {
        var required = context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>();
        if (required is { Scope: null })
        {
            await next(context);
            return;
        }
        var given = KeyHash(context.Request);
        if (given is null && SignedAccess.Opens(context, links))
        {
            await next(context);
            return;
        }
        var hash = given ?? throw new ProblemException("unauthorized", "send the API key as Authorization: Bearer KEY, X-API-Key or apikey");
        var info = await FindAsync(hash, context.RequestAborted) ?? throw new ProblemException("unauthorized", "the API key is not known");
        if (required is { Scope: { } scope })
            Check(context, info, scope);
        context.Items[typeof(ApiKeyInfo)] = hash;
        await next(context);
    }

    private static void Check(HttpContext context, ApiKeyInfo info, string scope)
    {
        if (!info.Scopes.Contains(scope, StringComparer.Ordinal) && !(scope == Access.Metrics && info.Scopes.Contains("admin", StringComparer.Ordinal)))
            throw new ProblemException("forbidden", $"the key lacks the scope {scope}", facts: new Dictionary<string, string> { ["requiredScope"] = scope });
        if (info.InstanceId is { } only && context.GetRouteValue("id") as string != only)
            throw new ProblemException("forbidden", "the key belongs to another instance", facts: new Dictionary<string, string> { ["requiredScope"] = scope });
    }

    private async Task<ApiKeyInfo?> FindAsync(string hash, CancellationToken cancellationToken)
    {
        if (hash == _metricsKey)
            return new ApiKeyInfo([Access.Metrics], null);
        if (known.Find(hash) is { } seen)
            return seen;
        var version = known.Version;
        var lookup = LookUpAsync(hash, version, cancellationToken);
        if (known.FindLast(hash) is not { } last)
            return await lookup;
        try
        {
            return await lookup.WaitAsync(Patience, time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The answer, when it comes, is for the next request.
            _ = lookup.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return last;
        }
    }

    private async Task<ApiKeyInfo?> LookUpAsync(string hash, long version, CancellationToken cancellationToken)
    {
        var info = await grains.GetGrain<IApiKeyGrain>(0).FindAsync(hash, cancellationToken);
        known.Remember(hash, info, version);
        return info;
    }

    private static string? KeyHash(HttpRequest request)
    {
        const string bearer = "Bearer ";
        var authorization = request.Headers.Authorization.ToString();
        var key = authorization.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) ? authorization[bearer.Length..].Trim()
            : request.Headers["X-API-Key"] is [{ Length: > 0 } header] ? header
            : request.Headers["apikey"] is [{ Length: > 0 } habit] ? habit
            : null;
        return key is { Length: > 0 and <= MaxKeyLength } ? HashOf(key) : null;
    }

    private static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
