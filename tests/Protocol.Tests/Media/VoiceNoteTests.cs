using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Audio;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class VoiceNoteTests : IDisposable
{
    private static readonly string[] MonoOpus = ["-c:a", "libopus", "-ar", "48000", "-ac", "1"];
    private readonly MediaFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Formats => new() { { "a.mp3", "2" }, { "a.wav", "2" }, { "a.m4a", "1" }, { "a.flac", "1" }, { "a.ogg", "2" }, { "a.webm", "2" } };

    [Theory, MemberData(nameof(Formats))]
    public async Task Any_sound_becomes_mono_opus(string name, string channels)
    {
        var input = await _folder.SoundAsync(name, 3, "-ac", channels);

        var note = await PrepareAsync(input);

        Assert.True(note.IsConverted);
        Assert.Equal(3, note.Seconds);
        Assert.Equal("audio/ogg; codecs=opus", await FileSignature.OfFileAsync(note.Path, CancellationToken.None));
        var opus = await OggOpus.ReadAsync(note.Path, CancellationToken.None);
        Assert.Equal(1, opus!.Channels);
        Assert.InRange(opus.Seconds, 2.95, 3.1);
        Assert.Equal(64, note.Waveform!.Length);
        Assert.InRange(note.Waveform.Max(), 99, 100); // the rule's rounding
        Assert.Empty(_folder.Others(name, Path.GetFileName(note.Path)));
    }

    [Fact]
    public async Task The_waveform_shows_where_it_is_loud()
    {
        var input = await _folder.MakeAsync("a.wav", "-f", "lavfi", "-i", "sine=duration=4", "-af", "volume='if(lt(t,2),0.05,1)':eval=frame");

        var waveform = (await PrepareAsync(input)).Waveform!;

        Assert.All(waveform[1..30], bar => Assert.InRange(bar, 0, 20));
        Assert.All(waveform[34..62], bar => Assert.InRange(bar, 80, 100));
    }

    [Fact]
    public async Task Mono_opus_passes_untouched()
    {
        var input = await _folder.SoundAsync("a.ogg", 2, MonoOpus);
        var bytes = await File.ReadAllBytesAsync(input);

        var note = await PrepareAsync(input);

        Assert.Equal((input, false, 2), (note.Path, note.IsConverted, note.Seconds));
        Assert.InRange(note.Waveform!.Max(), 99, 100);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(input));
        Assert.Empty(_folder.Others("a.ogg"));
    }

    [Fact]
    public async Task Without_ffmpeg_only_opus_can_be_sent()
    {
        using var missing = new FfmpegProcess(MediaFolder.Missing, TimeProvider.System);
        var notes = new VoiceNotes(missing, TimeSpan.FromMinutes(10), 16_000_000);
        var opus = await _folder.SoundAsync("a.ogg", 2, MonoOpus);
        var mp3 = await _folder.SoundAsync("a.mp3", 2);

        Assert.Equal(new VoiceNote(opus, false, 2, null), await notes.PrepareAsync(opus, _folder.Path, CancellationToken.None));
        await MediaFolder.FailsAsync(ConversionFailure.ToolMissing, () => notes.PrepareAsync(mp3, _folder.Path, CancellationToken.None));
    }

    [Fact]
    public async Task The_sound_of_a_video_can_be_sent()
    {
        var input = await _folder.VideoWithSoundAsync("a.mp4", "64x64", 2, "-c:v", "libx264", "-c:a", "aac");

        Assert.Equal(2, (await PrepareAsync(input)).Seconds);
    }

    [Fact]
    public async Task Long_sound_is_cut()
    {
        var input = await _folder.SoundAsync("a.ogg", 5, MonoOpus);

        var note = await new VoiceNotes(_folder.Ffmpeg, TimeSpan.FromSeconds(2), 16_000_000).PrepareAsync(input, _folder.Path, CancellationToken.None);

        Assert.True(note.IsConverted);
        Assert.Equal(2, note.Seconds);
    }

    [Fact]
    public async Task Files_without_sound_are_refused_and_leave_nothing()
    {
        await _folder.SoundAsync("whole.ogg", 2, MonoOpus);
        _folder.Write("broken.ogg", [.. "OggS"u8, .. new byte[500]]);
        _folder.Write("text.mp3", [.. "hello, this is no sound"u8]);
        _folder.Write("empty.mp3", []);
        await _folder.VideoAsync("silent.mp4", "64x64", 1, "-c:v", "libx264");

        foreach (var name in new[] { "broken.ogg", "text.mp3", "empty.mp3", "silent.mp4" })
            await MediaFolder.FailsAsync(ConversionFailure.NotReadable, () => PrepareAsync(_folder.File(name)));
        Assert.Empty(_folder.Others("whole.ogg", "broken.ogg", "text.mp3", "empty.mp3", "silent.mp4"));
    }

    [Fact]
    public async Task A_playlist_does_not_reach_other_files()
    {
        var secret = await _folder.SoundAsync("secret.mp3", 2);
        _folder.Write("list.m3u8", System.Text.Encoding.UTF8.GetBytes($"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{secret}\n#EXT-X-ENDLIST\n"));
        _folder.Write("list.txt", System.Text.Encoding.UTF8.GetBytes($"ffconcat version 1.0\nfile '{secret}'\n"));

        foreach (var name in new[] { "list.m3u8", "list.txt" })
            await MediaFolder.FailsAsync(ConversionFailure.NotReadable, () => PrepareAsync(_folder.File(name)));
    }

    [Fact]
    public async Task Damaged_opus_is_not_taken_for_whole()
    {
        var bytes = await File.ReadAllBytesAsync(await _folder.SoundAsync("a.ogg", 2, MonoOpus));
        Assert.NotNull(await OggOpus.ReadAsync(_folder.File("a.ogg"), CancellationToken.None));

        byte[] flipped = [.. bytes];
        flipped[bytes.Length / 2] ^= 1;
        Assert.Null(await OggOpus.ReadAsync(_folder.Write("flipped.ogg", flipped), CancellationToken.None));
        Assert.Null(await OggOpus.ReadAsync(_folder.Write("short.ogg", bytes[..(bytes.Length / 2)]), CancellationToken.None));
        Assert.Null(await OggOpus.ReadAsync(_folder.Write("longer.ogg", [.. bytes, 1, 2, 3]), CancellationToken.None));
        Assert.Null(await OggOpus.ReadAsync(_folder.Write("twice.ogg", [.. bytes, .. bytes]), CancellationToken.None));
        Assert.Null(await OggOpus.ReadAsync(_folder.Write("nothing.ogg", []), CancellationToken.None));
    }

    private Task<VoiceNote> PrepareAsync(string input) =>
        new VoiceNotes(_folder.Ffmpeg, TimeSpan.FromMinutes(10), 16_000_000).PrepareAsync(input, _folder.Path, CancellationToken.None);
}
