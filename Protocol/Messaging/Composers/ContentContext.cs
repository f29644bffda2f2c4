using Google.Protobuf;
using Google.Protobuf.Reflection;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>The <c>contextInfo</c> of whatever content a message holds: quote, mentions, timer, forward mark (wire/04 §3).</summary>
internal static class ContentContext
{
    private const string Field = "contextInfo";

    /// <summary>Puts the context where the content keeps it; a plain text becomes an extendedTextMessage. Null takes it away.</summary>
    public static void Set(Message message, ContextInfo? context)
    {
        if (message.HasConversation && context is not null)
        {
            message.ExtendedTextMessage = new Message.Types.ExtendedTextMessage { Text = message.Conversation };
            message.ClearConversation();
        }
        foreach (var (content, field) in Contents(message))
            if (context is null)
                field.Accessor.Clear(content);
            else
                field.Accessor.SetValue(content, context.Clone());
    }

    /// <summary>The context of the content, or null.</summary>
    public static ContextInfo? Of(Message message)
    {
        foreach (var (content, field) in Contents(message))
            if (field.Accessor.GetValue(content) is ContextInfo context)
                return context;
        return null;
    }

    private static IEnumerable<(IMessage Content, FieldDescriptor Field)> Contents(Message message)
    {
        foreach (var field in Message.Descriptor.Fields.InDeclarationOrder())
            if (field.FieldType == FieldType.Message && !field.IsRepeated && field.Accessor.GetValue(message) is IMessage content
                && content.Descriptor.FindFieldByName(Field) is { FieldType: FieldType.Message } context)
                yield return (content, context);
    }
}
