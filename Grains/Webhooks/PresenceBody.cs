using System.Text.Json;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary><c>data</c> of presence.update (rest-api part C). Pure.</summary>
internal static class PresenceBody
{
    public static void Write(Utf8JsonWriter json, PresenceChanged change)
    {
        json.WriteJid("chatId", change.Chat);
        json.WriteStartArray("presences");
        if (change.Who is { } who)
        {
            json.WriteStartObject();
            json.WriteJid("jid", who);
            json.WriteString("state", change.State switch
            {
                PresenceState.Available => "available",
                PresenceState.Composing => "composing",
                PresenceState.Recording => "recording",
                PresenceState.Paused => "paused",
                _ => "unavailable",
            });
            WriteNumber(json, "lastSeen", change.LastSeen);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteNumber(json, "onlineCount", change.OnlineCount);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
