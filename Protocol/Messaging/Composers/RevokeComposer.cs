using WhatsApp.Protocol.Schema;
using ProtocolMessage = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>Deletes a message for everyone: <c>protocolMessage{type=0, key}</c>.</summary>
internal static class RevokeComposer
{
    public static Message Compose(TargetMessage target) => new()
    {
        ProtocolMessage = new ProtocolMessage { Key = target.Key(), Type = ProtocolMessage.Types.Type.Revoke },
    };
}
