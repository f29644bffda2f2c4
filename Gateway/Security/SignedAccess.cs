using WhatsApp.Gateway.Errors;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway.Security;

/// <summary>Requests that bring a signed link's <c>?token=</c> instead of a key.</summary>
internal static class SignedAccess
{
    /// <summary>True when the route takes such links and this one is good; false when there is none.</summary>
    /// <exception cref="ProblemException">unauthorized: there is one, and it is not good (any more).</exception>
    public static bool Opens(HttpContext context, SignedLinks links)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<SignedPurpose>() is not { } signed || context.Request.Query["token"] is not [{ Length: > 0 } token])
            return false;
        var (instance, message) = (context.GetRouteValue("id") as string ?? "", context.GetRouteValue("messageId") as string ?? "");
        if (!links.IsValid(signed.Purpose, instance, message, token))
            throw new ProblemException("unauthorized", "the link has expired or is not valid");
        // Whoever is linked to from there does not learn the token.
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return true;
    }
}
