using System.Text.Json;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Messaging.Composers;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>Messages with files, composed from their facts, against the contents and stanzas of proto-messages.json.</summary>
public sealed class MediaComposerTests
{
    private static readonly Dictionary<string, JsonElement> Cases =
        VectorFile.Load("proto-messages.json").GetProperty("cases").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!);

    [Theory]
    [InlineData("image", "image"), InlineData("video", "video"), InlineData("ptv", "ptv"), InlineData("audio", "audio"), InlineData("ptt", "ptt")]
    [InlineData("document-with-caption", "document"), InlineData("sticker-animated", "sticker")]
    public void A_file_becomes_the_known_message(string name, string kind)
    {
        var expected = Message.Parser.ParseFrom(Cases[name].Hex("bytes"));
        expected.MessageContextInfo = null;
        var media = FactsOf(MessageWrappers.Inmost(expected.Clone()), kind);

        var message = MediaComposer.Wrap(MediaComposer.Compose(media), media);

        // What no caller can say.
        if (MessageWrappers.Inmost(expected).StickerMessage is { } sticker)
        {
            sticker.ClearIsLottie();
            sticker.StickerSentTs = MessageWrappers.Inmost(message).StickerMessage.StickerSentTs;
        }
        Assert.Equal(expected, message);
        var stanza = Cases[name].GetProperty("stanza");
        Assert.Equal((stanza.GetProperty("type").GetString(), stanza.GetProperty("mediatype").GetString()), (StanzaKind.Of(message).Type, StanzaKind.Of(message).MediaType));
    }

    [Fact]
    public void A_gif_loops_and_a_note_has_no_caption()
    {
        var gif = MediaComposer.Compose(Media(MediaType.Gif) with { Caption = "c" });
        Assert.True(gif.VideoMessage is { GifPlayback: true, Caption: "c" });
        Assert.Equal("gif", StanzaKind.Of(gif).MediaType);
        Assert.False(MediaComposer.Compose(Media(MediaType.VideoNote) with { Caption = "c" }).PtvMessage.HasCaption);
    }

    [Fact]
    public void View_once_is_wrapped_marked_and_told_by_the_stanza()
    {
        foreach (var type in new[] { MediaType.Image, MediaType.Video, MediaType.Voice })
        {
            var media = Media(type) with { ViewOnce = true };
            var message = MediaComposer.Wrap(MediaComposer.Compose(media), media);

            Assert.NotNull(message.ViewOnceMessage);
            Assert.Equal(("view_once", "true"), StanzaKind.Of(message).Meta);
            Assert.Equal(ContentTypes.ViewOnce, MessageReader.Read(message.Clone()).Type);
        }
        var sticker = Media(MediaType.Sticker) with { ViewOnce = true };
        Assert.NotNull(MediaComposer.Wrap(MediaComposer.Compose(sticker), sticker).StickerMessage);
    }

    [Fact]
    public void A_held_content_holds_its_recipe_until_it_is_filled()
    {
        var held = new OutgoingMedia(new MediaDescriptor(MediaType.Image) { Mimetype = "image/png" }) { Recipe = "{\"a\":1}", Caption = "c", ViewOnce = true };
        var message = MediaComposer.Wrap(MediaComposer.Compose(held), held);
        Assert.Equal("{\"a\":1}", HeldContent.RecipeOf(message));

        MediaFields.Fill(MessageWrappers.Inmost(message), Media(MediaType.Image) with { Width = 3, Height = 2 });

        Assert.Null(HeldContent.RecipeOf(message));
        Assert.True(message.ViewOnceMessage.Message.ImageMessage is { Caption: "c", Width: 3, DirectPath: "/v/x" });
    }

    [Fact]
    public void A_file_without_a_place_and_kinds_that_are_not_sent_are_refused()
    {
        Assert.Throws<SendFailedException>(() => OutgoingChecks.Check(new OutgoingMessage(null, new OutgoingMedia(new MediaDescriptor(MediaType.Image)))));
        Assert.Throws<SendFailedException>(() => MediaComposer.Compose(Media(MediaType.History)));
        OutgoingChecks.Check(new OutgoingMessage(null, Media(MediaType.Image)));
    }

    private static OutgoingMedia Media(MediaType type) => new(new MediaDescriptor(type)
    {
        DirectPath = "/v/x",
        Url = "https://mmg.whatsapp.net/v/x",
        MediaKey = new byte[32],
        FileSha256 = new byte[32],
        FileEncSha256 = new byte[32],
        FileLength = 1,
        Mimetype = "x/y",
    });

    private static OutgoingMedia FactsOf(Message content, string kind)
    {
        var media = new OutgoingMedia(MediaDescriptor.Of(content)! with { Type = MediaType.Find(kind)! });
        return content switch
        {
            { ImageMessage: { } image } => media with
            {
                Caption = image.Caption,
                Width = (int)image.Width,
                Height = (int)image.Height,
                Thumbnail = image.JpegThumbnail.ToByteArray(),
                MediaKeyTimestamp = image.MediaKeyTimestamp,
            },
            { AudioMessage: { } audio } => media with
            {
                Seconds = (int)audio.Seconds,
                MediaKeyTimestamp = audio.MediaKeyTimestamp,
                Waveform = audio.HasWaveform ? audio.Waveform.ToByteArray() : null,
                StreamingSidecar = audio.HasStreamingSidecar ? audio.StreamingSidecar.ToByteArray() : null,
            },
            { DocumentMessage: { } document } => media with { Caption = document.Caption, FileName = document.FileName, MediaKeyTimestamp = document.MediaKeyTimestamp },
            { StickerMessage: { } sticker } => media with
            {
                Width = (int)sticker.Width,
                Height = (int)sticker.Height,
                IsAnimated = sticker.IsAnimated,
                FirstFrameLength = (int)sticker.FirstFrameLength,
                FirstFrameSidecar = sticker.FirstFrameSidecar.ToByteArray(),
                MediaKeyTimestamp = sticker.MediaKeyTimestamp,
            },
            _ => VideoFacts(media, content.VideoMessage ?? content.PtvMessage),
        };
    }

    private static OutgoingMedia VideoFacts(OutgoingMedia media, Message.Types.VideoMessage video) => media with
    {
        Caption = video.Caption,
        Seconds = (int)video.Seconds,
        Width = (int)video.Width,
        Height = (int)video.Height,
        Thumbnail = video.JpegThumbnail.ToByteArray(),
        StreamingSidecar = video.HasStreamingSidecar ? video.StreamingSidecar.ToByteArray() : null,
        MediaKeyTimestamp = video.MediaKeyTimestamp,
    };
}
