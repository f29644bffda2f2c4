using System.Text.Json.Nodes;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Interop.Tests;

/// <summary>Files between phones of the sandbox and the libraries: the libraries judge the media hosts and the phones' media.</summary>
[Collection(Matrix.Name)]
public sealed class PhoneMediaTests(MatrixFixture matrix)
{
    [Theory, MemberData(nameof(Matrix.Files), MemberType = typeof(Matrix))]
    public async Task File_of_a_phone_is_read_by_the_library(ThirdPartyLibrary library, string kind)
    {
        var sample = matrix.Samples[kind];
        var other = matrix[library];

        var id = await matrix.Friend.SendAsync(new PhoneWriting(other.Phone.PhoneNumber, kind == "ptv" ? "videoNote" : kind, null)
        {
            Path = sample.Path,
            Mimetype = sample.Mimetype,
            Seconds = (uint?)sample.Seconds,
        });
        var message = await other.Program.WaitForMessageAsync(id);

        Assert.Equal((kind, sample.Mimetype, sample.Sha256, sample.Sha256), (message["type"], message["mimetype"], message["claimed"], message["sha256"]));
    }

    [Theory, MemberData(nameof(Matrix.Files), MemberType = typeof(Matrix))]
    public async Task File_of_the_library_is_read_by_a_phone(ThirdPartyLibrary library, string kind)
    {
        var sample = matrix.Samples[kind];

        var id = await matrix[library].Program.SendAsync(kind, matrix.Friend.Jid.ToString(), Fields(sample));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var message = await matrix.Friend.WaitForMessageAsync(one => one.MessageId == id, limit.Token);

        Assert.Equal((kind, sample.Mimetype), (message.Media!.Kind, message.Media.Mimetype));
        Assert.Equal(sample.Bytes, await matrix.Friend.ReadMediaAsync(id, limit.Token));
    }

    /// <summary>What a client program needs to send a sample.</summary>
    internal static JsonObject Fields(Sample sample) => new()
    {
        ["path"] = sample.Path,
        ["mimetype"] = sample.Mimetype,
        ["seconds"] = sample.Seconds,
        ["fileName"] = Path.GetFileName(sample.Path),
    };
}
