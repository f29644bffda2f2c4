using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>Reads <c>to</c> (rest-api part A) into the address the grains take. Pure.</summary>
public static class Recipient
{
    /// <summary>
    /// Digits with <c>+ space - ( )</c>, <c>digits@s.whatsapp.net</c>, <c>digits@c.us</c>, <c>id@lid</c>, <c>id@g.us</c> and what
    /// <see cref="Address.TryGroup"/> takes for a group; a device part is dropped.
    /// </summary>
    /// <returns>e.g. 5511999990000@s.whatsapp.net.</returns>
    /// <exception cref="ProblemException">invalid-recipient.</exception>
    public static string Parse(string to)
    {
        var at = to.IndexOf('@', StringComparison.Ordinal);
        if (Address.TryGroup(to, out var group))
            return group;
        if (at < 0)
            return Digits(to) + "@s.whatsapp.net";
        var server = to[(at + 1)..];
        var user = to[..at];
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
            user = user[..colon];
        return server switch
        {
            "s.whatsapp.net" or "c.us" => Digits(user) + "@s.whatsapp.net",
            "lid" when Address.TryLid(user, out var lid) => lid,
            "g.us" => throw Invalid("is not the address of a group"),
            "newsletter" or "broadcast" => throw Invalid("channels and lists cannot be written to yet"),
            _ => throw Invalid("is not a phone number or a WhatsApp address"),
        };
    }

    private static string Digits(string number) => Address.TryPhone(number, out var digits, out var why) ? digits : throw Invalid(why);

    private static ProblemException Invalid(string why) =>
        new("invalid-recipient", $"/to {why}", [new FieldError("/to", "invalid-recipient", why)]);
}
