namespace WhatsApp.Gateway.Security;

/// <summary>What a route asks of the key. Routes without it are refused: nothing is open by accident.</summary>
internal sealed record RequiredScope(string? Scope);

internal static class Access
{
    /// <summary>The route needs a key with this scope.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder route, string scope) => route.WithMetadata(new RequiredScope(scope));

    /// <summary>The route needs no key.</summary>
    public static RouteHandlerBuilder Open(this RouteHandlerBuilder route) => route.WithMetadata(new RequiredScope(null));
}
