namespace WhatsApp.Gateway.Security;

/// <summary>What a route asks of the key. Routes without it are refused: nothing is open by accident.</summary>
internal sealed record RequiredScope(string? Scope);

/// <summary>What a signed link must be for.</summary>
internal sealed record SignedPurpose(string Purpose);

internal static class Access
{
    /// <summary>Opens GET /metrics and nothing else; an administrator may do so too.</summary>
    public const string Metrics = "metrics";

    /// <summary>The route needs a key with this scope.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder route, string scope) => route.WithMetadata(new RequiredScope(scope));

    /// <summary>Instead of a key, a signed link of this purpose opens the route: <c>?token=</c>, for this instance and message alone.</summary>
    public static RouteHandlerBuilder OrSigned(this RouteHandlerBuilder route, string purpose) => route.WithMetadata(new SignedPurpose(purpose));

    /// <summary>The route needs no key.</summary>
    public static RouteHandlerBuilder Open(this RouteHandlerBuilder route) => route.WithMetadata(new RequiredScope(null));
}
