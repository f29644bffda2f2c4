using System.Globalization;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Receiving (wire/04 §8, §10): decrypt, keep once, answer with a receipt.</summary>
public sealed partial class VirtualPhone
{
    private void Receive(Node stanza)
    {
        switch (stanza.Tag)
        {
            case "message": ReceiveMessage(stanza); break;
            case "receipt": ReceiveReceipt(stanza); break;
            case "notification": ReceiveNotification(stanza); break;
            default: break; // acks, presence, chatstate, ib: a phone in a test looks at none of them.
        }
    }

    private void ReceiveMessage(Node stanza)
    {
        if (stanza["id"] is not { } id || stanza.JidOf("from") is not { } from)
            return;
        Message? content = null;
        SignalException? refused = null;
        foreach (var enc in stanza.ChildrenOf("enc"))
        {
            try
            {
                content = Open(stanza, from, enc) ?? content;
            }
            catch (DuplicateMessageException)
            {
                Confirm(stanza, id, from);
                return;
            }
            catch (SignalException problem)
            {
                refused = problem;
            }
        }
        if (content is null && refused is not null)
        {
            AskAgain(stanza, id, from, refused.Reason);
            return;
        }
        Confirm(stanza, id, from);
        _asked.Remove((id, from));
        if (content is not null)
            Take(stanza, id, from, content);
    }

    private Message? Open(Node stanza, Jid from, Node enc)
    {
        if (enc["type"] is not ("msg" or "pkmsg") || enc.Bytes is not { } bytes)
            return null;
        var other = OtherForm(from);
        var (plaintext, identity) = _sessions.Decrypt(from, other, enc["type"]!, bytes.Span);
        if (enc["type"] == "pkmsg" && from.Device != 0 && !DeviceIdentityCheck.Holds(stanza.Child("device-identity"), identity))
            throw new SignalException(RetryReason.AdvFailure, "the sender's device identity does not hold");
        try
        {
            return Message.Parser.ParseFrom(plaintext);
        }
        catch (InvalidProtocolBufferException problem)
        {
            throw new SignalException(RetryReason.InvalidMessage, "not a message", problem);
        }
    }

    private Jid? OtherForm(Jid from) => _server.Accounts.Find(from) is { } account ? account.InOtherFormOf(from).WithDevice(from.Device) : null;

    private void Take(Node stanza, string id, Jid from, Message content)
    {
        var author = _server.Accounts.Find(from)?.Phone ?? from.ToAccount();
        var own = author == Jid;
        var inner = content.DeviceSentMessage?.Message ?? content;
        if (inner.ProtocolMessage is { } protocol && own && PhoneContent.Describe(inner) is null)
        {
            ReceivePeerMessage(id, from, protocol);
            return;
        }
        var chat = own && Jid.TryParse(content.DeviceSentMessage?.DestinationJid, out var destination) ? destination : Jid;
        _ = long.TryParse(stanza["t"], NumberStyles.None, CultureInfo.InvariantCulture, out var timestamp);
        var (type, text) = Describe(inner);
        if (type is null)
            return;
        var added = _inbox.Add(new PhoneMessage(id, author, _server.Accounts.Find(chat)?.Phone ?? chat, type, text, timestamp)
        {
            FromDevice = from,
            FromMe = own,
            Content = inner,
        });
        if (added && ReadsAtOnce && !own)
            Say(new Node("receipt", ("id", id), ("to", from.ToAccount().ToString()), ("type", "read"), ("t", _server.NowText)));
    }

    /// <summary>What the control API shows; a message that holds nothing for a person has no type.</summary>
    private static (string? Type, string? Text) Describe(Message content) => PhoneContent.Describe(content) is { } known ? known : content switch
    {
        { HasConversation: true } => ("text", content.Conversation),
        { ExtendedTextMessage: { } text } => ("text", text.Text),
        { ImageMessage: { } image } => ("image", image.Caption),
        { VideoMessage: { } video } => ("video", video.Caption),
        { AudioMessage: { } audio } => (audio.Ptt ? "voice" : "audio", null),
        { DocumentMessage: { } document } => ("document", document.Caption),
        { StickerMessage: not null } => ("sticker", null),
        { ProtocolMessage: { } protocol } => ("protocol", protocol.Type.ToString()),
        { SenderKeyDistributionMessage: not null } => (null, null),
        _ => ("unknown", null),
    };

    /// <summary>The receipt that is the acknowledgement (wire/04 §10.1).</summary>
    private void Confirm(Node stanza, string id, Jid from)
    {
        var own = from.IsSameAccount(Jid) || from.IsSameAccount(Lid);
        var type = stanza["category"] == "peer" ? "peer_msg" : own ? "sender" : null;
        Say(new Node("receipt", ("id", id), ("to", stanza["from"]), ("type", type), ("recipient", own && type == "sender" ? stanza["recipient"] : null)));
    }

    private void ReceiveReceipt(Node stanza)
    {
        if (stanza["id"] is not { } id || stanza.JidOf("from") is not { } from)
            return;
        Say(new Node("ack", ("class", "receipt"), ("id", id), ("to", stanza["from"]), ("type", stanza["type"])));
        var ids = (stanza.Child("list")?.ChildrenOf("item").Select(item => item["id"]).OfType<string>() ?? []).Prepend(id);
        foreach (var one in ids)
            _receipts.Add(new PhoneReceipt(one, from, stanza["type"]));
        if (stanza["type"] == "retry")
            SendAgain(stanza, id, from);
    }

    private void ReceiveNotification(Node stanza)
    {
        Say(new Node("ack", ("class", "notification"), ("id", stanza["id"]), ("to", stanza["from"]), ("type", stanza["type"] is "encrypt" or "devices" ? null : stanza["type"])));
        if (stanza["type"] == "encrypt" && stanza.Child("count") is not null)
            Ask(_keys.Upload());
    }
}
