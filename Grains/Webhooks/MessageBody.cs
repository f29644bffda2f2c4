using System.Text.Json;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary><c>data</c> of message.received and message.sent: the <c>Message</c> of rest-api part C. Members without a value are left out, the common ones are always there.</summary>
internal static class MessageBody
{
    /// <summary>Writes the members.</summary>
    public static void Write(Utf8JsonWriter json, MessageInfo message, EventMedia? media = null)
    {
        json.WriteString("messageId", message.MessageId);
        json.WriteJid("chatId", message.Chat);
        json.WriteJid("from", message.From);
        json.WriteJid("to", message.To);
        json.WriteBoolean("fromMe", message.FromMe);
        json.WritePhone("phoneNumber", message.FromPhone);
        json.WriteJid("lid", message.FromLid);
        json.WriteJid("participant", message.Participant);
        json.WritePhone("participantPhone", message.Participant is null ? null : message.FromPhone);
        json.WriteBoolean("isGroup", message.Chat.IsGroup);
        if (message.ServerId is { } serverId)
            json.WriteString("serverId", serverId);
        json.WriteString("pushName", message.PushName);
        json.WriteString("source", message.Source);
        json.WriteNumber("timestamp", message.Timestamp);
        json.WriteString("type", message.Type);
        if (message.Subtype is { } subtype)
            json.WriteString("subtype", subtype);
        json.WriteString("text", message.Text);
        if (message.Media is { } file)
            EventMedia.Write(json, file, media);
        WriteDetails(json, message);
        MessageDetailBody.Write(json, message);
        WriteQuoted(json, message.Quoted);
        json.WriteStartArray("mentions");
        foreach (var mention in message.Mentions)
            json.WriteStringValue(mention.ToAccount().ToString());
        json.WriteEndArray();
        json.WriteBoolean("isForwarded", message.ForwardScore > 0);
        json.WriteNumber("forwardScore", message.ForwardScore);
        json.WriteNumber("ephemeralExpiration", message.EphemeralExpiration);
        json.WriteString("clientRef", message.ClientRef);
        json.WriteBoolean("offline", message.Offline);
        json.WriteBoolean("history", false);
        if (message.Raw is { } raw)
            json.WriteBase64String("raw", raw);
    }

    private static void WriteDetails(Utf8JsonWriter json, MessageInfo message)
    {
        if (message.Location is { } place)
            WriteLocation(json, place);
        if (message.Contacts.Count > 0)
            WriteContacts(json, message.Contacts);
        if (message.Poll is { } poll)
        {
            json.WriteStartObject("poll");
            json.WriteString("name", poll.Name);
            json.WriteStartArray("options");
            foreach (var option in poll.Options)
                json.WriteStringValue(option);
            json.WriteEndArray();
            json.WriteNumber("selectableCount", poll.SelectableCount);
            json.WriteEndObject();
        }
    }

    /// <summary><c>location</c>.</summary>
    public static void WriteLocation(Utf8JsonWriter json, LocationInfo place)
    {
        json.WriteStartObject("location");
        json.WriteNumber("latitude", place.Latitude);
        json.WriteNumber("longitude", place.Longitude);
        json.WriteString("name", place.Name);
        json.WriteString("address", place.Address);
        json.WriteString("url", place.Url);
        json.WriteEndObject();
    }

    private static void WriteContacts(Utf8JsonWriter json, IReadOnlyList<ContactInfo> contacts)
    {
        json.WriteStartArray("contacts");
        foreach (var contact in contacts)
        {
            json.WriteStartObject();
            json.WriteString("name", contact.Name);
            json.WriteStartArray("phones");
            foreach (var phone in contact.Phones)
                json.WriteStringValue(phone);
            json.WriteEndArray();
            json.WriteString("vcard", contact.Vcard);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteQuoted(Utf8JsonWriter json, QuotedInfo? quoted)
    {
        if (quoted is null)
            return;
        json.WriteStartObject("quoted");
        json.WriteString("messageId", quoted.MessageId);
        json.WriteJid("participant", quoted.Participant);
        json.WriteBoolean("fromMe", quoted.FromMe);
        json.WriteString("type", quoted.Type);
        json.WriteString("text", quoted.Text);
        if (quoted.Media is { } file)
            EventMedia.Write(json, file, null);
        json.WriteEndObject();
    }
}
