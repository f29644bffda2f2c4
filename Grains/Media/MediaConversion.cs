using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Audio;
using WhatsApp.Protocol.Media.Ffmpeg;
using WhatsApp.Protocol.Media.Pictures;
using WhatsApp.Protocol.Media.Video;

namespace WhatsApp.Grains.Media;

/// <summary>A file that phones take.</summary>
/// <param name="Path">The source itself, or a new file.</param>
/// <param name="Facts">What the message says of it.</param>
internal sealed record ConvertedMedia(string Path, OutgoingMedia Facts);

/// <summary>Makes of a file what its kind of message needs (wire/05 §7, §8). What a file is decides its content, never its name.</summary>
internal sealed class MediaConversion(IFfmpeg ffmpeg, MediaOptions options)
{
    private const int OrdinarySide = 1600;
    private const int LargeSide = 4096;
    private readonly PictureWork _pictures = new(new PictureLimits());
    private readonly VoiceNotes _voices = new(ffmpeg, options.MaxDuration, options.Limits.Audio);
    private readonly AudioFiles _sounds = new(ffmpeg, options.MaxDuration, options.Limits.Audio);
    private readonly Stickers _stickers = new(ffmpeg, new PictureLimits());

    /// <summary>Converts.</summary>
    /// <exception cref="MediaConversionException">Broken, too large, or ffmpeg is missing and needed.</exception>
    /// <exception cref="SendFailedException">unsupported-media-type: not of the kind, or would need converting.</exception>
    public Task<ConvertedMedia> ConvertAsync(string source, string folder, MediaRecipe recipe, CancellationToken cancellationToken) => recipe.Kind switch
    {
        MediaKind.Image => Task.FromResult(Picture(source, folder, recipe)),
        MediaKind.Sticker => StickerAsync(source, folder, recipe, cancellationToken),
        MediaKind.Voice => VoiceAsync(source, folder, recipe, cancellationToken),
        MediaKind.Audio => SoundAsync(source, folder, recipe, cancellationToken),
        _ => VideoAsync(source, folder, recipe, cancellationToken),
    };

    private ConvertedMedia Picture(string source, string folder, MediaRecipe recipe)
    {
        Require(recipe, "image/", "a picture");
        var picture = _pictures.Prepare(source, Path.Combine(folder, "picture.jpg"), recipe.Hd ? LargeSide : OrdinarySide);
        return new ConvertedMedia(picture.Path, Facts(MediaKind.Image, PreparedPicture.Mimetype) with { Width = picture.Width, Height = picture.Height, Thumbnail = picture.Thumbnail });
    }

    private async Task<ConvertedMedia> StickerAsync(string source, string folder, MediaRecipe recipe, CancellationToken cancellationToken)
    {
        if (!recipe.Convert && recipe.File.Mimetype != PreparedSticker.Mimetype)
            throw Unsupported($"a sticker is image/webp, not {recipe.File.Mimetype}; let it be converted");
        if (!Is(recipe, "image/") && !Is(recipe, "video/"))
            throw Unsupported($"a sticker is made of a picture or a video, not of {recipe.File.Mimetype}");
        var sticker = await _stickers.PrepareAsync(source, folder, new StickerMetadata(recipe.Pack ?? "", recipe.Author ?? ""), cancellationToken);
        var path = Path.Combine(folder, "sticker.webp");
        await File.WriteAllBytesAsync(path, sticker.Webp, cancellationToken);
        return new ConvertedMedia(path, Facts(MediaKind.Sticker, PreparedSticker.Mimetype) with
        {
            Width = PreparedSticker.Side,
            Height = PreparedSticker.Side,
            IsAnimated = sticker.IsAnimated,
            FirstFrameLength = sticker.FirstFrameLength,
        });
    }

    private async Task<ConvertedMedia> VoiceAsync(string source, string folder, MediaRecipe recipe, CancellationToken cancellationToken)
    {
        RequireSound(recipe);
        var voice = await _voices.PrepareAsync(source, folder, cancellationToken);
        if (voice.IsConverted && !recipe.Convert)
            throw Unsupported("a voice note is mono OGG/Opus; let it be converted");
        return new ConvertedMedia(voice.Path, Facts(MediaKind.Voice, VoiceNote.Mimetype) with { Seconds = voice.Seconds, Waveform = recipe.Waveform ?? voice.Waveform });
    }

    private async Task<ConvertedMedia> SoundAsync(string source, string folder, MediaRecipe recipe, CancellationToken cancellationToken)
    {
        RequireSound(recipe);
        var sound = await _sounds.PrepareAsync(source, recipe.File.Mimetype, folder, cancellationToken);
        if (sound.Path != source && !recipe.Convert)
            throw Unsupported($"phones do not play {recipe.File.Mimetype}; let it be converted");
        return new ConvertedMedia(sound.Path, Facts(MediaKind.Audio, sound.Mimetype) with { Seconds = sound.Seconds });
    }

    private async Task<ConvertedMedia> VideoAsync(string source, string folder, MediaRecipe recipe, CancellationToken cancellationToken)
    {
        if (!Is(recipe, "video/") && recipe.File.Mimetype != "image/gif")
            throw Unsupported($"the file is not a video but {recipe.File.Mimetype}");
        var style = recipe.Kind switch { MediaKind.Gif => VideoStyle.Gif, MediaKind.VideoNote => VideoStyle.Note, _ => VideoStyle.Ordinary };
        if (!recipe.Convert && recipe.File.Mimetype != PreparedVideo.Mimetype)
            throw Unsupported($"phones play video/mp4, not {recipe.File.Mimetype}; let it be converted");
        try
        {
            var video = await new Videos(ffmpeg, _pictures, options.MaxDuration, options.Limits.Video).PrepareAsync(source, folder, style, cancellationToken);
            return new ConvertedMedia(recipe.Convert ? video.Path : source,
                Facts(recipe.Kind, PreparedVideo.Mimetype) with { Width = video.Width, Height = video.Height, Seconds = video.Seconds, Thumbnail = video.Thumbnail });
        }
        catch (MediaConversionException failure) when (failure.Failure == ConversionFailure.ToolMissing && recipe.File.Mimetype == PreparedVideo.Mimetype && style == VideoStyle.Ordinary)
        {
            // Most MP4 files play as they are; without ffmpeg nobody can tell more of this one.
            return new ConvertedMedia(source, Facts(recipe.Kind, PreparedVideo.Mimetype));
        }
    }

    private static OutgoingMedia Facts(MediaKind kind, string mimetype) => new(new MediaDescriptor(MediaRecipe.TypeOf(kind)) { Mimetype = mimetype });

    // A recording of a phone or browser is often a video container with nothing but sound.
    private static void RequireSound(MediaRecipe recipe)
    {
        if (!Is(recipe, "audio/") && !Is(recipe, "video/") && recipe.File.Mimetype != FileSignature.Unknown)
            throw Unsupported($"the file is not sound but {recipe.File.Mimetype}");
    }

    private static void Require(MediaRecipe recipe, string family, string name)
    {
        if (!Is(recipe, family))
            throw Unsupported($"the file is not {name} but {recipe.File.Mimetype}");
    }

    private static bool Is(MediaRecipe recipe, string family) => recipe.File.Mimetype.StartsWith(family, StringComparison.Ordinal);

    private static SendFailedException Unsupported(string why) => new("unsupported-media-type", why);
}
