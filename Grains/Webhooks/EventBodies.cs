using System.Text.Json;
using WhatsApp.Grains.Instances;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Webhooks;

/// <summary>Name and <c>data</c> of each device event (rest-api part C). Pure.</summary>
internal static class EventBodies
{
    /// <summary>The webhook name, or null for events that have none.</summary>
    public static string? NameOf(DeviceEvent deviceEvent) => deviceEvent switch
    {
        ConnectionOpened => "connection.open",
        ConnectionClosed => "connection.close",
        QrUpdated => "qr.update",
        PasskeyRequired => "passkey.required",
        PasskeyConfirm => "passkey.confirm",
        MessageArrived { Message: { Chat.Server: Jid.NewsletterServer } } => "channel.message",
        MessageArrived { Message: { Chat: { Server: Jid.BroadcastServer, User: "status" } } } => "status.received",
        MessageArrived { Message: { Target: not null } message } => TargetedBody.NameOf(message),
        MessageArrived { Message.FromMe: true } => "message.sent",
        MessageArrived => "message.received",
        PollVoted => "poll.vote",
        EventAnswered => "event.response",
        ChatTimerChanged => "chat.update",
        MessageAcked => "message.ack",
        MessageFailed => "message.failed",
        MessageUndecryptable => "message.undecryptable",
        LidMapped => "lid.mapped",
        PresenceChanged => "presence.update",
        CallChanged call => CallBody.NameOf(call),
        InstanceMoved => "instance.moved",
        _ => GroupBodies.NameOf(deviceEvent),
    };

    /// <summary>Writes the members of <c>data</c>.</summary>
    public static void Write(Utf8JsonWriter json, DeviceEvent deviceEvent, EventLinks links = default)
    {
        switch (deviceEvent)
        {
            case ConnectionOpened opened: WriteOpened(json, opened); break;
            case ConnectionClosed closed: WriteClosed(json, closed); break;
            case QrUpdated qr: WriteQr(json, qr, links.Qr); break;
            case PasskeyRequired passkey: WriteMembers(json, passkey.OptionsJson); break;
            case PasskeyConfirm confirm: json.WriteString("code", confirm.Code); break;
            case MessageArrived { Message: { Target: { } target, Chat.Server: Jid.NewsletterServer or Jid.BroadcastServer } message }:
                MessageBody.Write(json, message, new EventMedia("lazy", links.Media));
                json.WriteString("targetMessageId", target.MessageId);
                break;
            case MessageArrived { Message: { Target: { } target } message }: TargetedBody.Write(json, message, target); break;
            case MessageArrived arrived: MessageBody.Write(json, arrived.Message, new EventMedia("lazy", links.Media)); break;
            case PollVoted vote: AddOnBodies.Write(json, vote); break;
            case EventAnswered answer: AddOnBodies.Write(json, answer); break;
            case ChatTimerChanged timer: AddOnBodies.Write(json, timer); break;
            case MessageAcked acked: WriteAcked(json, acked); break;
            case MessageFailed failed: WriteFailed(json, failed); break;
            case MessageUndecryptable undecryptable: WriteUndecryptable(json, undecryptable); break;
            case CallChanged call: CallBody.Write(json, call); break;
            case PresenceChanged presence: PresenceBody.Write(json, presence); break;
            case InstanceMoved moved: moved.Write(json); break;
            case LidMapped mapped:
                json.WriteJid("lid", mapped.Lid);
                json.WritePhone("phoneNumber", mapped.Phone);
                break;
            default: GroupBodies.Write(json, deviceEvent); break;
        }
    }

    private static void WriteMembers(Utf8JsonWriter json, string members)
    {
        using var document = JsonDocument.Parse(members);
        foreach (var member in document.RootElement.EnumerateObject())
            member.WriteTo(json);
    }

    private static void WriteOpened(Utf8JsonWriter json, ConnectionOpened opened)
    {
        json.WriteString("status", "open");
        json.WritePhone("phoneNumber", opened.Jid);
        json.WriteJid("jid", opened.Jid);
        json.WriteJid("lid", opened.Lid);
        json.WriteString("pushName", opened.PushName);
        json.WriteString("platform", opened.Platform);
        json.WriteBoolean("isNewLogin", opened.IsNewLogin);
        json.WriteBoolean("resumed", opened.Resumed);
    }

    private static void WriteClosed(Utf8JsonWriter json, ConnectionClosed closed)
    {
        json.WriteString("status", closed.WillReconnect ? "reconnecting" : "closed");
        json.WriteString("reason", closed.Reason);
        json.WriteNumber("code", closed.Code);
        json.WriteString("detail", closed.Detail);
        json.WriteBoolean("willReconnect", closed.WillReconnect);
        if (closed.RetryIn is { } retry)
            json.WriteNumber("retryInMs", (long)retry.TotalMilliseconds);
        else
            json.WriteNull("retryInMs");
        json.WriteBoolean("credentialsKept", closed.CredentialsKept);
    }

    private static void WriteQr(Utf8JsonWriter json, QrUpdated qr, string? url)
    {
        json.WriteString("qr", qr.Qr);
        json.WriteString("base64", QrPicture.DataUrl(qr.Qr));
        json.WriteString("pairingCode", qr.PairingCode);
        if (qr.PairingCodeExpiresAt is { } codeExpires)
            json.WriteString("pairingCodeExpiresAt", codeExpires.UtcDateTime);
        else
            json.WriteNull("pairingCodeExpiresAt");
        json.WriteNumber("attempt", qr.Attempt);
        json.WriteNumber("maxAttempts", qr.MaxAttempts);
        json.WriteString("expiresAt", qr.ExpiresAt.UtcDateTime);
        json.WriteString("url", url);
    }

    private static void WriteAcked(Utf8JsonWriter json, MessageAcked acked)
    {
        json.WriteStartArray("messageIds");
        foreach (var id in acked.MessageIds)
            json.WriteStringValue(id);
        json.WriteEndArray();
        json.WriteJid("chatId", acked.Chat);
        json.WriteString("status", StatusName(acked.Status));
        json.WriteNumber("statusCode", StatusCode(acked.Status));
        json.WriteJid("participant", acked.Participant);
        json.WriteNumber("at", acked.At);
        json.WriteString("clientRef", acked.ClientRef);
    }

    private static void WriteFailed(Utf8JsonWriter json, MessageFailed failed)
    {
        json.WriteString("messageId", failed.MessageId);
        json.WriteJid("chatId", failed.Chat);
        json.WriteString("code", failed.Code);
        if (failed.Nack is { } nack)
            json.WriteNumber("nack", nack);
        else
            json.WriteNull("nack");
        if (failed.Until is { } until)
            json.WriteString("until", until.UtcDateTime);
        else
            json.WriteNull("until");
        json.WriteString("clientRef", failed.ClientRef);
    }

    private static void WriteUndecryptable(Utf8JsonWriter json, MessageUndecryptable undecryptable)
    {
        json.WriteString("messageId", undecryptable.MessageId);
        json.WriteJid("chatId", undecryptable.Chat);
        json.WriteJid("from", undecryptable.From);
        json.WriteStartObject("retry");
        json.WriteNumber("attempt", undecryptable.Attempt);
        json.WriteNumber("max", undecryptable.MaxAttempts);
        json.WriteEndObject();
        json.WriteBoolean("recovered", false);
    }

    /// <summary>Status names of message.ack.</summary>
    public static string StatusName(MessageStatus status) => status switch
    {
        MessageStatus.Queued => "queued",
        MessageStatus.Pending => "pending",
        MessageStatus.ServerAck => "server_ack",
        MessageStatus.Delivered => "delivered",
        MessageStatus.Read => "read",
        MessageStatus.Played => "played",
        MessageStatus.Failed => "failed",
        MessageStatus.Undecryptable => "undecryptable",
        MessageStatus.Deleted => "deleted",
        _ => "received",
    };

    // WAHA's numbers: 1 server, 2 device, 3 read, 4 played.
    private static int StatusCode(MessageStatus status) => status switch
    {
        MessageStatus.ServerAck => 1,
        MessageStatus.Delivered => 2,
        MessageStatus.Read => 3,
        MessageStatus.Played => 4,
        MessageStatus.Failed => -1,
        _ => 0,
    };
}
