using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// The content of a message whose file is not uploaded: complete but for the file; in place of its address stands <c>url = "held:RECIPE"</c>, and there
/// is no directPath. It is stored, and never sent.
/// </summary>
internal static class HeldContent
{
    private const string Mark = "held:";

    /// <summary>The address to store.</summary>
    public static string Address(string recipe) => Mark + recipe;

    /// <summary>The recipe of a queued row, or null.</summary>
    public static string? RecipeOf(StoredMessage row) =>
        row is { FromMe: true, Status: MessageStatus.Queued, Content: { } content } ? RecipeOf(Message.Parser.ParseFrom(content)) : null;

    /// <summary>The recipe in a content, or null.</summary>
    public static string? RecipeOf(Message message)
    {
        var content = MessageWrappers.Inmost(message);
        var url = content.ImageMessage?.Url ?? content.VideoMessage?.Url ?? content.PtvMessage?.Url ?? content.AudioMessage?.Url ?? content.DocumentMessage?.Url
            ?? content.StickerMessage?.Url;
        return url is not null && url.StartsWith(Mark, StringComparison.Ordinal) ? url[Mark.Length..] : null;
    }
}
