using System.Diagnostics.CodeAnalysis;
using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>WhatsApp addresses as people write them (rest-api part A, recipient). Pure.</summary>
internal static class Address
{
    internal const int MinDigits = 8;
    internal const int MaxDigits = 15;
    private const int MaxLid = 20;
    private const int MinGroup = 18;
    private const int MinOldGroup = 24;
    private const int MaxGroup = 40;
    private const string StatusBroadcast = "status@broadcast";

    /// <summary>Digits with <c>+ space - ( )</c>, or <c>digits@s.whatsapp.net</c> and <c>digits@c.us</c>; a device part is dropped.</summary>
    /// <param name="text">As given.</param>
    /// <param name="digits">8 … 15 digits.</param>
    /// <param name="why">What is wrong, for a person.</param>
    public static bool TryPhone(string text, out string digits, [NotNullWhen(false)] out string? why)
    {
        var (user, server) = Split(text);
        digits = server is null ? Strip(user) : user.TrimStart('+');
        why = server is not (null or "s.whatsapp.net" or "c.us") ? "is not a phone number"
            : !digits.All(char.IsAsciiDigit) ? "must hold digits only"
            : digits.Length is < MinDigits or > MaxDigits ? $"must have {MinDigits} to {MaxDigits} digits"
            : null;
        return why is null;
    }

    /// <summary>Digits, or <c>digits@lid</c>; a device part is dropped.</summary>
    /// <param name="text">As given.</param>
    /// <param name="lid">e.g. 123@lid.</param>
    public static bool TryLid(string text, out string lid)
    {
        var (user, server) = Split(text);
        lid = user + "@lid";
        return server is null or "lid" && user.Length is > 0 and <= MaxLid && user.All(char.IsAsciiDigit);
    }

    /// <summary>The user or group in a route, e.g. 5511999990000@s.whatsapp.net; a bare number of 18 digits or more, or digits-digits, is a group.</summary>
    /// <param name="text">As given.</param>
    /// <param name="status">Whether status@broadcast is one too.</param>
    /// <exception cref="ProblemException">invalid-recipient.</exception>
    public static string ChatInRoute(string text, bool status)
    {
        if (text == StatusBroadcast && status)
            return text;
        return TryGroup(text, out var group) ? group : UserInRoute(text);
    }

    /// <summary>The user in a route, by phone number or LID.</summary>
    /// <exception cref="ProblemException">invalid-recipient.</exception>
    public static string UserInRoute(string text) =>
        text.EndsWith("@lid", StringComparison.Ordinal) && TryLid(text, out var lid) ? lid
        : TryPhone(text, out var digits, out var why) ? digits + "@s.whatsapp.net"
        : throw new ProblemException("invalid-recipient", $"the address in the path {why}", [new FieldError("/jid", "invalid-recipient", why)]);

    /// <summary>
    /// <c>id@g.us</c>; or without server a number of 18 digits or more, or <c>digits-digits</c> of 24 characters or more (groups of old):
    /// no phone number is so long.
    /// </summary>
    /// <param name="text">As given.</param>
    /// <param name="group">e.g. 120363000000000001@g.us.</param>
    public static bool TryGroup(string text, out string group)
    {
        var (user, server) = Split(text.Trim());
        group = user + "@g.us";
        var dash = user.IndexOf('-', StringComparison.Ordinal);
        var digits = dash < 0 ? user.Length : user.Length - 1;
        return user.Length <= MaxGroup && dash != 0 && dash != user.Length - 1 && user.Count(char.IsAsciiDigit) == digits
            && (server == "g.us" ? digits > 0 : server is null && (dash < 0 ? digits >= MinGroup : user.Length >= MinOldGroup));
    }

    /// <summary>Without <c>+ space - ( )</c>.</summary>
    internal static string Strip(string number) =>
        string.Concat(number.Trim().TrimStart('+').Where(c => c is not (' ' or '-' or '(' or ')')));

    // user[:device][@server]
    private static (string User, string? Server) Split(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var user = at < 0 ? text : text[..at];
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        return (colon >= 0 && at >= 0 ? user[..colon] : user, at < 0 ? null : text[(at + 1)..]);
    }
}
