using System.Diagnostics.CodeAnalysis;

namespace WhatsApp.Gateway.Requests;

/// <summary>WhatsApp addresses as people write them (rest-api part A, recipient). Pure.</summary>
internal static class Address
{
    internal const int MinDigits = 8;
    internal const int MaxDigits = 15;
    private const int MaxLid = 20;

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
