using Google.Protobuf;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class MediaDescriptorTests
{
    private static readonly ByteString Key = ByteString.CopyFrom(new byte[32]);

    [Fact]
    public void Every_kind_of_media_message_is_described()
    {
        (Message Message, MediaType Type)[] messages =
        [
            (new Message { ImageMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5 } }, MediaType.Image),
            (new Message { VideoMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5 } }, MediaType.Video),
            (new Message { VideoMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5, GifPlayback = true } }, MediaType.Gif),
            (new Message { PtvMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5 } }, MediaType.VideoNote),
            (new Message { AudioMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5 } }, MediaType.Audio),
            (new Message { AudioMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5, Ptt = true } }, MediaType.Voice),
            (new Message { DocumentMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5 } }, MediaType.Document),
            (new Message { StickerMessage = new() { DirectPath = "/p", MediaKey = Key, FileLength = 5 } }, MediaType.Sticker),
        ];
        foreach (var (message, type) in messages)
        {
            var media = MediaDescriptor.Of(message)!;
            Assert.Equal((type, "/p", 5L, 32), (media.Type, media.DirectPath, media.FileLength, media.MediaKey!.Length));
            Assert.Null(media.FileSha256);
            Assert.Null(media.Url);
        }
    }

    [Fact]
    public void Other_messages_have_no_media() => Assert.Null(MediaDescriptor.Of(new Message { Conversation = "x" }));

    [Fact]
    public void Its_text_form_tells_no_secret()
    {
        var media = new MediaDescriptor(MediaType.Image) { DirectPath = "/secret", MediaKey = [1, 2, 3], FileLength = 7 };

        Assert.Equal("image, 7 bytes", $"{media}");
    }

    [Fact]
    public void A_length_beyond_all_measure_is_bounded() =>
        Assert.Equal(long.MaxValue, MediaDescriptor.Of(new Message { ImageMessage = new() { FileLength = ulong.MaxValue } })!.FileLength);
}
