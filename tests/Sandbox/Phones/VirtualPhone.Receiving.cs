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
            case "call": ReceiveCall(stanza); break;
            case "presence" or "chatstate": ReceiveSignal(stanza); break;
            default: break; // acks, ib: a phone in a test looks at none of them.
        }
    }

    private void ReceiveMessage(Node stanza)
    {
        if (stanza["id"] is not { } id || AuthorOf(stanza) is not { } from)
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
                // Read before: nothing to ask for.
            }
            catch (SignalException problem)
            {
                refused = problem;
            }
        }
        // A sender key that could be read does not help when the message it came with could not.
        if (refused is not null && (content is null || Describe(PhoneContext.Unwrap(content)).Type is null))
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
        if (enc["type"] is not ("msg" or "pkmsg" or "skmsg") || enc.Bytes is not { } bytes)
            return null;
        var group = stanza.JidOf("from") is { IsGroup: true } chat ? chat : default;
        var (plaintext, identity) = enc["type"] == "skmsg"
            ? (_senderKeys.Decrypt(group, SenderOf(from), bytes.Span), [])
            : _sessions.Decrypt(from, OtherForm(from), enc["type"]!, bytes.Span);
        if (enc["type"] == "pkmsg" && from.Device != 0 && !DeviceIdentityCheck.Holds(stanza.Child("device-identity"), identity))
            throw new SignalException(RetryReason.AdvFailure, "the sender's device identity does not hold");
        try
        {
            var content = Message.Parser.ParseFrom(plaintext);
            if (group.IsGroup)
                TakeSenderKey(group, from, content);
            return content;
        }
        catch (InvalidProtocolBufferException problem)
        {
            throw new SignalException(RetryReason.InvalidMessage, "not a message", problem);
        }
    }

    /// <summary>The device that wrote it: <c>participant</c> in a group, else <c>from</c>.</summary>
    private static Jid? AuthorOf(Node stanza) => stanza.JidOf("from") is { IsGroup: true } ? stanza.JidOf("participant") : stanza.JidOf("from");

    private Jid? OtherForm(Jid from) => _server.Accounts.Find(from) is { } account ? account.InOtherFormOf(from).WithDevice(from.Device) : null;

    private void Take(Node stanza, string id, Jid from, Message content)
    {
        var author = _server.Accounts.Find(from)?.Phone ?? from.ToAccount();
        var own = author == Jid;
        var whole = content.DeviceSentMessage?.Message ?? content;
        var inner = PhoneContext.Unwrap(whole);
        if (inner.ProtocolMessage is { } protocol && own && PhoneContent.Describe(inner) is null)
        {
            ReceivePeerMessage(id, from, protocol);
            return;
        }
        var chat = stanza.JidOf("from") is { IsGroup: true } group ? group : own && Jid.TryParse(content.DeviceSentMessage?.DestinationJid, out var destination) ? destination : Jid;
        _ = long.TryParse(stanza["t"], NumberStyles.None, CultureInfo.InvariantCulture, out var timestamp);
        var (type, text) = Describe(inner);
        if (type is null)
            return;
        var message = new PhoneMessage(id, author, _server.Accounts.Find(chat)?.Phone ?? chat, type, text, timestamp)
        {
            FromDevice = from,
            FromMe = own,
            Content = whole,
            Secret = SecretOf(whole) ?? SecretOf(content),
            AddOn = OpenAddOn(from, inner),
        };
        if (_inbox.Add(message) && ReadsAtOnce && !own)
            Say(ReadReceipt(message));
    }

    /// <summary>What the control API shows; a message that holds nothing for a person has no type.</summary>
    private static (string? Type, string? Text) Describe(Message content) => PhoneContent.Describe(content) is { } known ? known : content switch
    {
        { HasConversation: true } => ("text", content.Conversation),
        { ExtendedTextMessage: { } text } => ("text", text.Text),
        { ProtocolMessage: { } protocol } => ("protocol", protocol.Type.ToString()),
        { SenderKeyDistributionMessage: not null } => (null, null),
        _ => ("unknown", null),
    };

    /// <summary>The receipt that is the acknowledgement (wire/04 §10.1).</summary>
    private void Confirm(Node stanza, string id, Jid from)
    {
        var own = from.IsSameAccount(Jid) || from.IsSameAccount(Lid);
        var type = stanza["category"] == "peer" ? "peer_msg" : own ? "sender" : null;
        Say(new Node("receipt", ("id", id), ("to", stanza["from"]), ("participant", stanza["participant"]), ("type", type), ("recipient", own && type == "sender" ? stanza["recipient"] : null)));
    }

    private void ReceiveReceipt(Node stanza)
    {
        if (stanza["id"] is not { } id || AuthorOf(stanza) is not { } from)
            return;
        Say(new Node("ack", ("class", "receipt"), ("id", id), ("to", stanza["from"]), ("participant", stanza["participant"]), ("type", stanza["type"])));
        var ids = (stanza.Child("list")?.ChildrenOf("item").Select(item => item["id"]).OfType<string>() ?? []).Prepend(id);
        foreach (var one in ids)
            _receipts.Add(new PhoneReceipt(one, from, stanza["type"]));
        if (stanza["type"] == "retry")
            SendAgain(stanza, id, from);
        if (stanza["type"] == "server-error")
            UploadAgain(stanza, id, from);
    }

    private void ReceiveNotification(Node stanza)
    {
        Say(new Node("ack", ("class", "notification"), ("id", stanza["id"]), ("to", stanza["from"]),
            ("participant", stanza["participant"]), ("type", stanza["type"] is "encrypt" or "devices" ? null : stanza["type"])));
        if (stanza["type"] == "encrypt" && stanza.Child("count") is not null)
            Ask(_keys.Upload());
    }
}
