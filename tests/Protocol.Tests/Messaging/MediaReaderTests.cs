using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Schema;
using Xunit;
using Future = WhatsApp.Protocol.Schema.Message.Types.FutureProofMessage;
using MessageKey = WhatsApp.Protocol.Store.MessageKey;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>The file of every kind of message (wire/05 §8), as it is shown and as it is kept.</summary>
public sealed class MediaReaderTests
{
    private static readonly ByteString Key = ByteString.CopyFrom(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly ByteString Sha = ByteString.CopyFrom(Enumerable.Repeat((byte)2, 32).ToArray());
    private static readonly ByteString EncSha = ByteString.CopyFrom(Enumerable.Repeat((byte)3, 32).ToArray());
    private static readonly Jid Bia = Jid.Parse("5511900000002@s.whatsapp.net");

    public static TheoryData<string, Message, string> Kinds => new()
    {
        { "image", new Message { ImageMessage = new() { MediaKey = Key } }, "image" },
        { "video", new Message { VideoMessage = new() { MediaKey = Key } }, "video" },
        { "gif", new Message { VideoMessage = new() { MediaKey = Key, GifPlayback = true } }, "video" },
        { "ptv", new Message { PtvMessage = new() { MediaKey = Key } }, "video" },
        { "audio", new Message { AudioMessage = new() { MediaKey = Key } }, "audio" },
        { "ptt", new Message { AudioMessage = new() { MediaKey = Key, Ptt = true } }, "ptt" },
        { "document", new Message { DocumentMessage = new() { MediaKey = Key } }, "document" },
        { "sticker", new Message { StickerMessage = new() { MediaKey = Key } }, "sticker" },
        { "image", new Message { ViewOnceMessageV2 = new Future { Message = new Message { ImageMessage = new() { MediaKey = Key } } } }, "viewOnce" },
        { "document", new Message { DocumentWithCaptionMessage = new Future { Message = new Message { DocumentMessage = new() { MediaKey = Key, Caption = "c" } } } }, "document" },
        { "sticker", new Message { LottieStickerMessage = new Future { Message = new Message { StickerMessage = new() { MediaKey = Key } } } }, "sticker" },
        { "video", new Message { EphemeralMessage = new Future { Message = new Message { VideoMessage = new() { MediaKey = Key } } } }, "video" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_file_is_seen_through_its_wrappers(string kind, Message message, string type)
    {
        var content = MessageReader.Read(message);

        Assert.Equal(type, content.Type);
        Assert.Equal(kind, MediaReader.Info(content.Body)!.Kind);
        var row = MediaReader.Row(new MessageKey(Bia, Bia, "A1"), fromMe: false, content.Body, now: 5)!;
        Assert.Equal((kind, "A1", 5L), (row.Kind, row.Key.Id, row.CreatedAt));
        Assert.Equal(Key.ToByteArray(), row.MediaKey);
    }

    [Fact]
    public void A_voice_note_tells_its_seconds_and_waveform()
    {
        var waveform = Enumerable.Range(0, 64).Select(level => (byte)level).ToArray();
        var info = MediaReader.Info(new Message { AudioMessage = new() { Ptt = true, Seconds = 7, Mimetype = "audio/ogg; codecs=opus", FileLength = 900, FileSha256 = Sha, Waveform = ByteString.CopyFrom(waveform) } })!;

        Assert.Equal(("ptt", 7, 900L, "audio/ogg; codecs=opus"), (info.Kind, info.Seconds!.Value, info.Size, info.Mimetype));
        Assert.Equal(waveform, info.Waveform);
        Assert.Equal(Sha.ToByteArray(), info.Sha256);
    }

    [Fact]
    public void A_document_tells_its_name_without_control_characters_and_not_endlessly()
    {
        Assert.Equal("offer.pdf", Name("of\u0000fer\r\n.pdf"));
        Assert.Equal(255, Name(new string('x', 300))!.Length);
        Assert.Equal(254, Name(new string('x', 254) + "😀")!.Length);
        Assert.Null(Name("\u0007"));
        Assert.Equal("the title", MediaReader.Info(new Message { DocumentMessage = new() { Title = "the title" } })!.FileName);

        static string? Name(string name) => MediaReader.Info(new Message { DocumentMessage = new() { FileName = name, PageCount = 3 } })!.FileName;
    }

    [Fact]
    public void What_a_sender_makes_up_stays_within_bounds()
    {
        var image = new Message.Types.ImageMessage
        {
            FileLength = ulong.MaxValue,
            Width = uint.MaxValue,
            Mimetype = "image/jpeg\r\nX-Evil: 1",
            FileSha256 = ByteString.CopyFrom(1, 2, 3),
            MediaKey = Key,
            FileEncSha256 = EncSha,
        };
        var info = MediaReader.Info(new Message { ImageMessage = image })!;
        var row = MediaReader.Row(new MessageKey(Bia, Bia, "A1"), false, new Message { ImageMessage = image }, 0)!;

        Assert.Equal((long.MaxValue, int.MaxValue), (info.Size, info.Width!.Value));
        Assert.Null(info.Mimetype);
        Assert.Null(info.Sha256);
        Assert.Null(row.Mimetype);
        Assert.Equal(EncSha.ToByteArray(), row.FileEncSha256);
    }

    [Fact]
    public void Other_contents_have_no_file()
    {
        Assert.Null(MediaReader.Info(null));
        Assert.Null(MediaReader.Info(new Message { Conversation = "a" }));
        Assert.Null(MediaReader.Row(new MessageKey(Bia, Bia, "A1"), false, new Message { PollCreationMessage = new() { Name = "q" } }, 0));
    }

    [Fact]
    public void A_row_does_not_show_its_secrets_as_text()
    {
        var row = MediaReader.Row(new MessageKey(Bia, Bia, "A1"), false, new Message { DocumentMessage = new() { FileName = "salary.pdf", DirectPath = "/v/secret", MediaKey = Key, FileLength = 5 } }, 0)!;

        Assert.Equal("document of 5 bytes", row.ToString());
    }
}
