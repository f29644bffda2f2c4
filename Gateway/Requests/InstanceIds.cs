using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>Instance ids: <c>^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$</c>, case-sensitive.</summary>
public static class InstanceIds
{
    private const int MaxLength = 64;

    /// <summary>True when the text is an instance id.</summary>
    public static bool IsValid(string text) =>
        text.Length is >= 1 and <= MaxLength && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>The id in a route.</summary>
    /// <exception cref="ProblemException">Not an id: there can be no such instance.</exception>
    public static string FromRoute(string text) =>
        IsValid(text) ? text : throw new ProblemException("validation-failed", "the instance id in the path is not valid",
            [new FieldError("/instanceId", "invalid-format", "must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]);
}
