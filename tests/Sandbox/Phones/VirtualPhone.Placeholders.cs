using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Sandbox.Phones;

/// <summary>
/// A companion that could not read a message asks the phone for it (wire/04 §8.5): answered with a WebMessageInfo for every message the
/// phone has, nothing for others.
/// </summary>
public sealed partial class VirtualPhone
{
    private const int MaxPlaceholders = 32;

    /// <summary>Answer such requests. Off: a companion has only its retry receipts.</summary>
    public bool AnswersPlaceholders { get; set; } = true;

    private void AnswerPlaceholders(int device, string requestId, Message.Types.PeerDataOperationRequestMessage request)
    {
        if (!AnswersPlaceholders || request.PeerDataOperationRequestType != Message.Types.PeerDataOperationRequestType.PlaceholderMessageResend)
            return;
        var results = request.PlaceholderMessageResendRequest.Take(MaxPlaceholders).Select(asked => Find(asked.MessageKey)).OfType<WebMessageInfo>()
            .Select(found => new Message.Types.PeerDataOperationRequestResponseMessage.Types.PeerDataOperationResult
            {
                PlaceholderMessageResendResponse = new() { WebMessageInfoBytes = found.ToByteString() },
            }).ToArray();
        SendToCompanion(device, new Message
        {
            ProtocolMessage = new()
            {
                Type = Message.Types.ProtocolMessage.Types.Type.PeerDataOperationRequestResponseMessage,
                PeerDataOperationRequestResponseMessage = new()
                {
                    PeerDataOperationRequestType = Message.Types.PeerDataOperationRequestType.PlaceholderMessageResend,
                    StanzaId = requestId,
                    PeerDataOperationResult = { results },
                },
            },
        });
    }

    private WebMessageInfo? Find(MessageKey? key)
    {
        if (key is null || !Jid.TryParse(key.RemoteJid, out var chat) || (_server.Accounts.Find(chat) is null && !chat.IsGroup))
            return null;
        var other = _server.Accounts.Find(chat)?.Phone;
        var own = key.FromMe && _sent.TryGetValue(key.Id, out var sent) ? sent.Content : null;
        var received = Messages.FirstOrDefault(message => message.MessageId == key.Id && message.FromMe == key.FromMe
            && (other is null ? message.To == chat : !message.To.IsGroup && (message.FromMe ? message.To : message.From) == other));
        return own is null && received is null ? null : new WebMessageInfo
        {
            Key = key,
            Message = own ?? received!.Content,
            MessageTimestamp = (ulong)(received?.Timestamp ?? _server.Now),
            PushName = key.FromMe || received is null ? PushName : _server.Accounts.Find(received.From)?.PushName ?? "",
        };
    }
}
