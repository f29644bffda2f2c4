using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Messaging.Composers;
using WhatsApp.Protocol.Schema;
using Xunit;
using Future = WhatsApp.Protocol.Schema.Message.Types.FutureProofMessage;
using ProtocolType = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage.Types.Type;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class MessageReaderTests
{
    public static TheoryData<string, Message, string?, string?> Contents => new()
    {
        { "text", new Message { Conversation = "a" }, "text", "a" },
        { "extended text", new Message { ExtendedTextMessage = new() { Text = "b" } }, "text", "b" },
        { "image", new Message { ImageMessage = new() { Caption = "c" } }, "image", "c" },
        { "view once image", new Message { ViewOnceMessageV2 = new Future { Message = new Message { ImageMessage = new() { Caption = "c" } } } }, "viewOnce", "c" },
        { "view once flag", new Message { AudioMessage = new() { Ptt = true, ViewOnce = true } }, "viewOnce", null },
        { "voice", new Message { AudioMessage = new() { Ptt = true } }, "ptt", null },
        { "audio", new Message { AudioMessage = new() }, "audio", null },
        { "disappearing text", new Message { EphemeralMessage = new Future { Message = new Message { ExtendedTextMessage = new() { Text = "d" } } } }, "text", "d" },
        { "document with caption", new Message { DocumentWithCaptionMessage = new Future { Message = new Message { DocumentMessage = new() { Caption = "e" } } } }, "document", "e" },
        { "live location", new Message { LocationMessage = new() { IsLive = true, Name = "f" } }, "liveLocation", "f" },
        { "contact", new Message { ContactMessage = new() { DisplayName = "g" } }, "contact", "g" },
        { "poll", new Message { PollCreationMessageV3 = new() { Name = "h" } }, "poll", "h" },
        { "reaction", new Message { ReactionMessage = new() { Text = "👍" } }, "reaction", "👍" },
        { "removed reaction", new Message { ReactionMessage = new() { Text = "" } }, "reaction", null },
        { "list reply", new Message { ListResponseMessage = new() { Title = "i" } }, "listReply", "i" },
        { "button reply", new Message { ButtonsResponseMessage = new() { SelectedDisplayText = "j" } }, "buttonReply", "j" },
        { "template reply", new Message { TemplateButtonReplyMessage = new() { SelectedDisplayText = "k" } }, "buttonReply", "k" },
        { "group invite", new Message { GroupInviteMessage = new() { Caption = "l" } }, "groupInvite", "l" },
        { "revoke", new Message { ProtocolMessage = new() { Type = ProtocolType.Revoke } }, "revoked", null },
        { "edit", new Message { EditedMessage = new Future { Message = new Message { ProtocolMessage = new() { Type = ProtocolType.MessageEdit, EditedMessage = new Message { Conversation = "m" } } } } }, "edited", "m" },
        { "timer", new Message { ProtocolMessage = new() { Type = ProtocolType.EphemeralSetting } }, "ephemeral_setting", null },
        { "key share", new Message { ProtocolMessage = new() { Type = ProtocolType.AppStateSyncKeyShare } }, null, null },
        { "only a sender key", new Message { SenderKeyDistributionMessage = new() { GroupId = "g" }, MessageContextInfo = new() }, null, null },
        { "text with a sender key", new Message { Conversation = "n", SenderKeyDistributionMessage = new() { GroupId = "g" } }, "text", "n" },
        { "nothing", new Message(), null, null },
    };

    [Theory]
    [MemberData(nameof(Contents))]
    public void Each_content_has_its_type_name_and_text(string name, Message message, string? type, string? text)
    {
        var content = MessageReader.Read(message);
        Assert.True((type, text) == (content.Type, content.Text), $"{name}: {content.Type} {content.Text}");
    }

    [Fact]
    public void Every_content_field_of_the_schema_gives_a_name_or_is_internal()
    {
        string[] hidden = ["senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "messageContextInfo", "stickerSyncRmrMessage", "groupRootKeyShare", "rootSecretDistributeMessage", "chat", "protocolMessage"];
        foreach (var field in Message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType != Google.Protobuf.Reflection.FieldType.Message)
                continue;
            var message = new Message();
            var inner = (Google.Protobuf.IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
            if (inner is Future wrapper)
                wrapper.Message = new Message { Conversation = "x" };
            field.Accessor.SetValue(message, inner);
            var type = MessageReader.Read(message).Type;
            if (!hidden.Contains(field.Name))
                Assert.True(type is not null, field.Name);
        }
    }

    [Fact]
    public void A_secret_outside_a_wrapper_reaches_the_content_inside()
    {
        var message = new Message { EphemeralMessage = new Future { Message = new Message { Conversation = "x" } }, MessageContextInfo = new() { MessageSecret = Google.Protobuf.ByteString.CopyFrom(new byte[32]) } };
        Assert.NotNull(MessageSecret.Of(MessageWrappers.Unwrap(message).Content));
    }
}
