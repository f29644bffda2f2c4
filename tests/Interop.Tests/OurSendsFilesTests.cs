using System.Text.Json.Nodes;

namespace WhatsApp.Interop.Tests;

/// <summary>Files: REST → our instance prepares, encrypts and uploads → the library fetches, checks and decrypts.</summary>
[Collection(Matrix.Name)]
public sealed class OurSendsFilesTests(MatrixFixture matrix)
{
    /// <summary>Endpoint, what the README's table calls it, sample, further fields, and what the library must call it.</summary>
    private static readonly Dictionary<string, (string Endpoint, string Tick, JsonObject Fields, string Mimetype)> Sends = new()
    {
        ["image"] = ("sendImage", "sendImage", new() { ["caption"] = "look" }, "image/jpeg"),
        ["video"] = ("sendVideo", "sendVideo", new() { ["caption"] = "look" }, "video/mp4"),
        ["gif"] = ("sendVideo", "gif", new() { ["gif"] = true }, "video/mp4"),
        ["ptv"] = ("sendVideo", "note", new() { ["note"] = true }, "video/mp4"),
        ["audio"] = ("sendAudio", "audio", new() { ["ptt"] = false }, "audio/mpeg"),
        ["ptt"] = ("sendAudio", "sendAudio", [], "audio/ogg; codecs=opus"),
        ["document"] = ("sendFile", "sendFile", new() { ["fileName"] = "offer.pdf", ["caption"] = "look" }, "application/pdf"),
        ["sticker"] = ("sendSticker", "sendSticker", [], "image/webp"),
    };

    [Theory, MemberData(nameof(Matrix.Files), MemberType = typeof(Matrix))]
    public async Task File_is_decrypted_by_the_library(ThirdPartyLibrary library, string kind)
    {
        var (sample, send) = (matrix.Samples[kind], Sends[kind]);
        var fields = send.Fields.DeepClone().AsObject();
        fields["base64"] = Convert.ToBase64String(sample.Bytes);

        var id = await matrix.Ours.SendAsync(send.Endpoint, matrix[library], fields);
        var message = await matrix[library].Program.WaitForMessageAsync(id);

        Assert.Equal((kind, send.Mimetype, (string?)send.Fields["caption"]), (message["type"], message["mimetype"], message["text"]));
        Assert.Equal(message["claimed"], message["sha256"]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await matrix.Ours.Phone.WaitForMessageAsync(one => one.MessageId == id, limit.Token);
        Assert.Equal(Sample.Hash(await matrix.Ours.Phone.ReadMediaAsync(id, limit.Token)), message["sha256"]);
        // Nothing is converted that needs no conversion.
        if (kind is "ptt" or "document")
            Assert.Equal(sample.Sha256, message["sha256"]);
        if (kind == "ptt")
            Assert.Equal((sample.Seconds, 64), (message.Number("seconds"), message.Number("waveform")));
        if (kind == "document")
            Assert.Equal("offer.pdf", message["fileName"]);
        InteropLog.SentTo(library, send.Tick);
    }
}
