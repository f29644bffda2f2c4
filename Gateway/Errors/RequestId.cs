using System.Security.Cryptography;

namespace WhatsApp.Gateway.Errors;

/// <summary>Every answer carries <c>X-Request-Id</c>: the caller's when usable, else a fresh one.</summary>
internal static class RequestId
{
    private const string Header = "X-Request-Id";
    private static readonly object Key = new();

    /// <summary>The id of this request.</summary>
    public static string Of(HttpContext context)
    {
        if (context.Items[Key] is string known)
            return known;
        var given = context.Request.Headers[Header].ToString();
        var id = given.Length is > 0 and <= 128 && given.All(c => c is > ' ' and < '\u007f') ? given : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        context.Items[Key] = id;
        return id;
    }

    /// <summary>Sets the header.</summary>
    public static void Stamp(HttpContext context) => context.Response.Headers[Header] = Of(context);
}
