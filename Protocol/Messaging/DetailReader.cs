using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Reads the fields of locations, contacts and polls (wire/04 §13.2). Pure and bounded.</summary>
internal static class DetailReader
{
    private const int MaxContacts = 256;
    private const int MaxOptions = 256;
    private const int MaxPhones = 16;

    /// <summary>The place, or null.</summary>
    public static LocationInfo? Location(Message? message) =>
        message?.LocationMessage is { } place ? new(place.DegreesLatitude, place.DegreesLongitude, Blank(place.Name), Blank(place.Address), Blank(place.Url))
        : message?.LiveLocationMessage is { } live ? new(live.DegreesLatitude, live.DegreesLongitude, Blank(live.Caption), null, null)
        : null;

    /// <summary>True = pinned or kept, false = no longer; null for anything else.</summary>
    public static bool? Holds(Message? message) =>
        message?.PinInChatMessage is { } pin ? pin.Type == Message.Types.PinInChatMessage.Types.Type.PinForAll
        : message?.KeepInChatMessage is { } keep ? keep.KeepType == KeepType.KeepForAll
        : null;

    /// <summary>All cards; empty when there are none.</summary>
    public static IReadOnlyList<ContactInfo> Contacts(Message? message) =>
        message?.ContactMessage is { } one ? [Contact(one)]
        : message?.ContactsArrayMessage is { } several ? [.. several.Contacts.Take(MaxContacts).Select(Contact)]
        : [];

    /// <summary>The poll, or null.</summary>
    public static PollInfo? Poll(Message? message) =>
        message is not null && MessageReader.PollOf(message) is { } poll
            ? new(poll.Name, [.. poll.Options.Take(MaxOptions).Select(option => option.OptionName)], (int)Math.Min(poll.SelectableOptionsCount, int.MaxValue))
            : null;

    private static ContactInfo Contact(Message.Types.ContactMessage contact) => new(Blank(contact.DisplayName), Phones(contact.Vcard), contact.Vcard);

    // TEL lines of a vCard: "TEL;type=CELL;waid=5511999990000:+55 11 99999-0000".
    private static List<string> Phones(string vcard)
    {
        List<string> phones = [];
        foreach (var line in vcard.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || phones.Count == MaxPhones)
                continue;
            var parts = line[..colon].Split(';');
            if (!parts[0].Equals("TEL", StringComparison.OrdinalIgnoreCase) && !parts[0].EndsWith(".TEL", StringComparison.OrdinalIgnoreCase))
                continue;
            var account = parts.FirstOrDefault(part => part.StartsWith("waid=", StringComparison.OrdinalIgnoreCase));
            phones.Add(account is null ? line[(colon + 1)..].Trim() : account["waid=".Length..].Trim());
        }
        return phones;
    }

    private static string? Blank(string text) => text.Length == 0 ? null : text;
}
