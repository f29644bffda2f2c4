using Google.Protobuf;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Messages of channels (wire/07 §5.2): not encrypted, acknowledged with a plain ack. An edit (3) and a deletion (8) come under the id of the message.
/// <code>&lt;message from="…@newsletter" id server_id type t [edit="3|8"]&gt;&lt;plaintext&gt;Message, unpadded&lt;/plaintext&gt;&lt;/message&gt;</code>
/// </summary>
internal static class ChannelMessages
{
    private const string EditMark = "3";
    private const string RevokeMark = "8";

    /// <summary>Takes one message into the step; each version of it is told once. Its row must have been loaded.</summary>
    public static void Take(StepView view, IncomingMessage message)
    {
        view.Step.Send.Add(StanzaAck.Of(message.Stanza, view.OwnDeviceIn(message.From)));
        var raw = message.Stanza.Child("plaintext")?.Bytes?.ToArray() ?? [];
        var existing = MessageRows.Find(view, message, message.From);
        var (content, isNews) = message.Stanza["edit"] switch
        {
            RevokeMark => (new MessageContent(ContentTypes.Revoked, null, null, null), existing?.Type != ContentTypes.Revoked),
            EditMark => (Read(raw) with { Type = ContentTypes.Edited }, existing?.Content is not { } before || !before.AsSpan().SequenceEqual(raw)),
            _ when raw.Length == 0 => (Nothing, false), // reactions and counters of a message
            _ => (Read(raw), existing is null),
        };
        if (!isNews || content.Type is null)
            return;
        view.Rows.Put(MessageRows.New(view, message, message.From, existing, MessageStatus.Received, content.Type) with { Content = raw });
        var info = MessageInfos.Incoming(view, message, message.From, content, raw) with { Participant = null, ServerId = message.Stanza["server_id"] };
        view.Step.Batch.Events.Add(new MessageArrived(content.Type is ContentTypes.Edited or ContentTypes.Revoked ? info with { Target = new TargetInfo(message.Id, false) } : info));
    }

    private static MessageContent Nothing { get; } = new(null, null, null, null);

    private static MessageContent Read(byte[] raw)
    {
        try
        {
            return MessageReader.Read(Schema.Message.Parser.ParseFrom(raw));
        }
        catch (InvalidProtocolBufferException)
        {
            return new MessageContent(ContentTypes.Unsupported, null, null, null);
        }
    }
}
