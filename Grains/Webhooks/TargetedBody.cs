using System.Text.Json;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary><c>data</c> of message.reaction, message.edited, message.deleted, message.pinned and message.kept: messages about another message (rest-api part C).</summary>
internal static class TargetedBody
{
    /// <summary>The webhook name.</summary>
    public static string NameOf(MessageInfo message) => message.Type switch
    {
        "reaction" => "message.reaction",
        "edited" => "message.edited",
        "revoked" => "message.deleted",
        "pin" => "message.pinned",
        "keep" => "message.kept",
        _ => message.FromMe ? "message.sent" : "message.received",
    };

    /// <summary>Writes the members.</summary>
    public static void Write(Utf8JsonWriter json, MessageInfo message, TargetInfo target)
    {
        switch (message.Type)
        {
            case "reaction":
                json.WriteString("messageId", message.MessageId);
                json.WriteString("targetMessageId", target.MessageId);
                json.WriteBoolean("targetFromMe", target.FromMe);
                WriteWho(json, message);
                json.WriteString("emoji", message.Text ?? "");
                json.WriteBoolean("removed", message.Text is null);
                break;
            case "edited":
                json.WriteString("messageId", message.MessageId);
                json.WriteString("editedMessageId", target.MessageId);
                WriteWho(json, message);
                json.WriteString("text", message.Text);
                if (target.PreviousText is { } before)
                    json.WriteString("previousText", before);
                break;
            case "revoked":
                json.WriteString("messageId", target.MessageId);
                WriteWho(json, message);
                json.WriteJid("by", message.From);
                json.WriteString("scope", "everyone");
                if (target.Previous is { } previous)
                {
                    json.WriteStartObject("previous");
                    MessageBody.Write(json, previous);
                    json.WriteEndObject();
                }
                else
                    json.WriteNull("previous");
                break;
            case "pin" or "keep":
                json.WriteString("messageId", target.MessageId);
                json.WriteBoolean("messageFromMe", target.FromMe);
                WriteWho(json, message);
                json.WriteBoolean("value", target.Value == true);
                break;
            default:
                MessageBody.Write(json, message);
                return;
        }
        json.WriteNumber("at", message.Timestamp);
        json.WriteString("source", message.Source);
        json.WriteString("clientRef", message.ClientRef);
    }

    private static void WriteWho(Utf8JsonWriter json, MessageInfo message)
    {
        json.WriteJid("chatId", message.Chat);
        json.WriteJid("from", message.From);
        json.WriteBoolean("fromMe", message.FromMe);
        json.WritePhone("phoneNumber", message.FromPhone);
        json.WriteJid("lid", message.FromLid);
    }
}
