using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Pictures;
using WhatsApp.Protocol.Media.Video;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class VideoTests : IDisposable
{
    private static readonly PictureWork Pictures = new(new PictureLimits());
    private readonly MediaFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_video_every_phone_plays_passes_untouched()
    {
        var input = await _folder.VideoWithSoundAsync("a.mp4", "160x120", 2, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac");

        var video = await PrepareAsync(input, VideoStyle.Ordinary);

        Assert.Equal((input, false, 160, 120, 2), (video.Path, video.IsConverted, video.Width, video.Height, video.Seconds));
        Assert.Equal(new PictureFacts("image/jpeg", 96, 72, 1), Pictures.Probe(_folder.Write("t.jpg", video.Thumbnail)));
        Assert.Empty(_folder.Others("a.mp4", "t.jpg"));
    }

    [Fact]
    public async Task Another_video_is_converted()
    {
        var video = await PrepareAsync(await _folder.VideoWithSoundAsync("a.webm", "161x121", 1, "-c:v", "libvpx", "-c:a", "libopus"), VideoStyle.Ordinary);

        Assert.True(video.IsConverted);
        var facts = await NewVideos().ProbeAsync(video.Path, CancellationToken.None);
        Assert.True(facts.PlaysEverywhere);
        Assert.Equal("aac", facts.AudioCodec);
        Assert.Equal((160, 120), (video.Width, video.Height));
    }

    [Fact]
    public async Task A_gif_is_silent()
    {
        var withSound = await _folder.VideoWithSoundAsync("a.mp4", "160x120", 1, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac");
        var animation = await _folder.VideoAsync("a.gif", "160x120", 1);

        foreach (var input in new[] { withSound, animation })
        {
            var video = await PrepareAsync(input, VideoStyle.Gif);
            Assert.True(video.IsConverted);
            var facts = await NewVideos().ProbeAsync(video.Path, CancellationToken.None);
            Assert.True(facts is { PlaysEverywhere: true, AudioCodec: null });
        }
    }

    [Fact]
    public async Task A_note_is_square()
    {
        var video = await PrepareAsync(await _folder.VideoAsync("a.mp4", "160x120", 1, "-c:v", "libx264", "-pix_fmt", "yuv420p"), VideoStyle.Note);

        Assert.Equal((480, 480), (video.Width, video.Height));
    }

    [Fact]
    public async Task A_turned_video_has_its_upright_size()
    {
        await _folder.VideoAsync("a.mp4", "160x120", 1, "-c:v", "libx264", "-pix_fmt", "yuv420p");
        var turned = await _folder.MakeAsync("turned.mp4", "-i", _folder.File("a.mp4"), "-c", "copy", "-metadata:s:v:0", "rotate=90");

        var facts = await NewVideos().ProbeAsync(turned, CancellationToken.None);

        Assert.Equal((120, 160), (facts.Width, facts.Height));
    }

    [Fact]
    public async Task What_is_no_video_is_refused_and_leaves_nothing()
    {
        _folder.Write("text.mp4", [.. "hello"u8]);
        await _folder.SoundAsync("sound.mp3", 1);
        var whole = await File.ReadAllBytesAsync(await _folder.VideoAsync("whole.mp4", "160x120", 1, "-c:v", "libx264"));
        _folder.Write("half.mp4", whole[..(whole.Length / 2)]);

        foreach (var name in new[] { "text.mp4", "sound.mp3", "half.mp4" })
            await MediaFolder.FailsAsync(ConversionFailure.NotReadable, () => PrepareAsync(_folder.File(name), VideoStyle.Ordinary));
        Assert.Empty(_folder.Others("text.mp4", "sound.mp3", "whole.mp4", "half.mp4"));
    }

    private Task<PreparedVideo> PrepareAsync(string input, VideoStyle style) => NewVideos().PrepareAsync(input, _folder.Path, style, CancellationToken.None);

    private Videos NewVideos() => new(_folder.Ffmpeg, Pictures, TimeSpan.FromMinutes(10), 64_000_000);
}
