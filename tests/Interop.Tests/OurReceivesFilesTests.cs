namespace WhatsApp.Interop.Tests;

/// <summary>Files: the library uploads and sends, our instance fetches and checks, the webhook tells, and REST hands out the same bytes.</summary>
[Collection(Matrix.Name)]
public sealed class OurReceivesFilesTests(MatrixFixture matrix)
{
    private static readonly Dictionary<string, (string Type, string Endpoint)> Expected = new()
    {
        ["image"] = ("image", "sendImage"),
        ["video"] = ("video", "sendVideo"),
        ["gif"] = ("video", "gif"),
        ["ptv"] = ("video", "note"),
        ["audio"] = ("audio", "audio"),
        ["ptt"] = ("ptt", "sendAudio"),
        ["document"] = ("document", "sendFile"),
        ["sticker"] = ("sticker", "sendSticker"),
    };

    [Theory, MemberData(nameof(Matrix.Files), MemberType = typeof(Matrix))]
    public async Task File_of_the_library_is_told_of_and_handed_out(ThirdPartyLibrary library, string kind)
    {
        var sample = matrix.Samples[kind];

        var id = await matrix[library].Program.SendAsync(kind, matrix.Ours.Address, PhoneMediaTests.Fields(sample));
        var data = await matrix.Ours.WaitForMessageAsync(id);
        var media = data.GetProperty("media");

        Assert.Equal((Expected[kind].Type, kind, "stored"), (data.GetProperty("type").GetString(), media.GetProperty("kind").GetString(), media.GetProperty("status").GetString()));
        Assert.Equal((sample.Mimetype, sample.Bytes.Length), (media.GetProperty("mimetype").GetString(), media.GetProperty("size").GetInt32()));
        Assert.Equal(sample.Bytes, await matrix.Service.FetchAsync($"/instances/{matrix.Ours.Id}/messages/{id}/media"));
        InteropLog.ReceivedFrom(library, Expected[kind].Endpoint);
    }
}
