using System.Globalization;
using System.Text;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>Contact cards: <c>contactMessage</c> for one, <c>contactsArrayMessage</c> for several. Cards are vCard 3.0 (RFC 2426).</summary>
internal static class ContactComposer
{
    public static Message Compose(OutgoingContacts contacts)
    {
        var cards = contacts.Cards.Select(card => new Message.Types.ContactMessage { DisplayName = card.Name, Vcard = card.Vcard ?? Vcard(card) }).ToList();
        if (cards is [var only])
            return new Message { ContactMessage = only };
        var several = new Message.Types.ContactsArrayMessage { DisplayName = string.Create(CultureInfo.InvariantCulture, $"{cards.Count} contacts") };
        several.Contacts.AddRange(cards);
        return new Message { ContactsArrayMessage = several };
    }

    /// <summary>A card; <c>waid</c> lets the recipient's app open a chat with the number.</summary>
    public static string Vcard(ContactCard card)
    {
        var text = new StringBuilder("BEGIN:VCARD\nVERSION:3.0\n");
        Line("N", ";" + Escape(card.Name) + ";;;");
        Line("FN", Escape(card.Name));
        if (card.Organization is { Length: > 0 } organization)
            Line("ORG", Escape(organization) + ";");
        if (card.Phone is { Length: > 0 } phone)
            Line($"TEL;type=CELL;type=VOICE;waid={phone}", "+" + phone);
        if (card.Email is { Length: > 0 } email)
            Line("EMAIL;type=INTERNET", Escape(email));
        if (card.Url is { Length: > 0 } url)
            Line("URL", Escape(url));
        return text.Append("END:VCARD").ToString();

        void Line(string name, string value) => text.Append(name).Append(':').Append(value).Append('\n');
    }

    // What would end a line or a field is escaped: a name cannot add fields of its own.
    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r\n", "\\n", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\r", "\\n", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal);
}
