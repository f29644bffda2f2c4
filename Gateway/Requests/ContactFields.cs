using System.Text.Json;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Requests;

/// <summary>Contact cards of sendContact: one in the body itself, or a list.</summary>
internal static class ContactFields
{
    private const int MaxCards = 50;
    private const int MaxField = 256;
    private const int MaxVcard = 16_384;

    public static ContactsContent Read(JsonBody body)
    {
        if (body.Find("contacts", "contact") is not { } list)
            return new ContactsContent([Card(body)]);
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaxCards)
        {
            body.Fail<string>("contacts", "invalid-type", $"must be a list of 1 to {MaxCards} contacts");
            return new ContactsContent([]);
        }
        List<ContactEntry> cards = [];
        foreach (var item in list.EnumerateArray())
            if (item.ValueKind == JsonValueKind.Object)
                cards.Add(Card(body.Nested(item, $"contacts/{cards.Count}")));
            else
                body.Fail<string>($"contacts/{cards.Count}", "invalid-type", "must be an object");
        return new ContactsContent(cards);
    }

    private static ContactEntry Card(JsonBody card)
    {
        var vcard = card.Text("vcard", MaxVcard);
        var name = card.Find("contactName", "fullName") is null && vcard is not null ? "" : card.RequiredText("contactName", MaxField, alias: "fullName");
        var given = vcard is null ? card.RequiredText("contactNumber", 64, alias: "phoneNumber") : card.Text("contactNumber", 64, alias: "phoneNumber");
        var phone = given is null ? null : string.Concat(given.Where(char.IsAsciiDigit));
        if (given is { Length: > 0 } && (phone!.Length is < 5 or > 15 || given.Any(char.IsLetter)))
            card.Fail<string>("contactNumber", "invalid-format", "must be a phone number");
        return new ContactEntry(name, phone, card.Text("organization", MaxField), card.Text("email", MaxField), card.Text("url", 2048), vcard);
    }
}
