using System.Security.Cryptography;
using WhatsApp.Gateway.Security;

namespace WhatsApp.Gateway.Requests;

/// <summary>
/// Ids of messages that this request sends. In a cluster the gateway chooses them: a send whose silo died is made again under the same id, so that nobody gets it twice.
/// They look like those of WhatsApp Web (wire/04 §3): <c>3EB0</c> and 18 hex characters nobody can guess.
/// </summary>
internal static class SendIds
{
    private const string Prefix = "3EB0";
    private static readonly object Key = new();
    private static readonly object TakenKey = new();

    /// <summary>True, once, when <see cref="Of"/> makes an id that nobody can have used before.</summary>
    public static bool TakeNew(HttpContext context) => Idempotency.MessageIdOf(context) is null && context.Items.TryAdd(TakenKey, true);

    /// <summary>Derived from the idempotency key where there is one; else made once for this request.</summary>
    public static string Of(HttpContext context)
    {
        if (context.Items[Key] is not string id)
            context.Items[Key] = id = Idempotency.MessageIdOf(context) ?? Prefix + Convert.ToHexString(RandomNumberGenerator.GetBytes(9));
        return id;
    }
}
