using System.Globalization;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>Why a message does not go to a group, with the codes of rest-api part A (wire/04 §5, wire/07 §1).</summary>
internal static class GroupFailures
{
    /// <summary>We are not in it.</summary>
    public static SendFailedException NotAMember(int? nack = null, string? messageId = null) =>
        new("not-a-group-member", "this account is not a member of the group", nack, messageId);

    /// <summary>Only admins write there.</summary>
    public static SendFailedException AdminsOnly(int? nack = null, string? messageId = null) =>
        new("group-admins-only", "only admins may write to this group", nack, messageId);

    /// <summary>What the server's refusal of a question or a message means.</summary>
    public static SendFailedException Of(int code, string? messageId = null) => code switch
    {
        401 or 403 or 405 => NotAMember(code, messageId),
        404 or 410 => new("chat-not-found", "there is no such group", code, messageId),
        429 => new("rate-limited", "WhatsApp limits questions about groups", code, messageId),
        _ => new("whatsapp-error", string.Create(CultureInfo.InvariantCulture, $"WhatsApp answered {code} about the group"), code, messageId),
    };

    /// <summary>The same of a refused question.</summary>
    public static SendFailedException Of(IqErrorException refused, string? messageId) => Of(refused.Code, messageId);
}
