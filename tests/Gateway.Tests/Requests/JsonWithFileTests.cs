using System.Security.Cryptography;
using System.Text;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;

namespace WhatsApp.Gateway.Tests.Requests;

/// <summary>A file inside JSON comes out as a stream, whatever way it is written, and never lies whole in memory.</summary>
public sealed class JsonWithFileTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
    private static readonly string Base64 = Convert.ToBase64String(Bytes);

    [Theory]
    [InlineData(1), InlineData(7), InlineData(100_000)]
    public async Task The_file_and_the_other_fields_come_apart_however_the_bytes_arrive(int piece)
    {
        var json = $$"""{ "to":"55 11", "nested":{"base64":"kept","media":"kept"}, "base64" : "{{Base64}}", "caption":"say \"hi\" \\", "list":["base64",1] }""";

        var (field, file, rest) = await ReadAsync(json, piece);

        Assert.Equal("base64", field);
        Assert.Equal(Bytes, file);
        Assert.Equal(json.Replace(Base64, "", StringComparison.Ordinal), rest);
        JsonBody.Of(Encoding.UTF8.GetBytes(rest)).Finish();
    }

    [Fact]
    public async Task Every_way_to_write_base64_is_read()
    {
        var bytes = RandomNumberGenerator.GetBytes(101);
        var plain = Convert.ToBase64String(bytes);
        foreach (var text in new[]
        {
            plain, plain.TrimEnd('='), plain.Replace('+', '-').Replace('/', '_'), plain.Replace("/", "\\/", StringComparison.Ordinal), "data:image/png;base64," + plain,
            "DATA:;base64," + plain, string.Join("\\r\\n", plain.Chunk(76).Select(line => new string(line))), plain.Replace("=", "\\u003d", StringComparison.Ordinal), " " + plain + " ",
        })
            Assert.Equal(bytes, (await ReadAsync($$"""{"base64":"{{text}}"}""")).File);
    }

    [Theory]
    [InlineData("not base64!"), InlineData("AAAAA"), InlineData("AA=A"), InlineData(""), InlineData("   "), InlineData("AAAA\\u0000"), InlineData("data:image/png;base64"), InlineData("https://no.base64")]
    public async Task What_is_no_base64_is_refused_with_its_field(string text)
    {
        var problem = await Assert.ThrowsAsync<ProblemException>(() => ReadAsync($$"""{"base64":"{{text}}"}"""));

        Assert.Equal(("validation-failed", "/base64"), (problem.Code, Assert.Single(problem.Errors).Pointer));
    }

    [Fact]
    public async Task The_field_media_is_an_address_or_a_file()
    {
        var (field, file, _) = await ReadAsync($$"""{"media":"{{Base64}}"}""");
        Assert.Equal(("media", Bytes.Length), (field, file!.Length));

        foreach (var address in new[] { "https://a.b/c.png", "http://a.b", "https:\\/\\/a.b" })
        {
            var (none, _, rest) = await ReadAsync($$"""{"media":"{{address}}"}""", piece: 3);
            Assert.Null(none);
            Assert.Equal(address.Replace("\\", "", StringComparison.Ordinal), JsonBody.Of(Encoding.UTF8.GetBytes(rest)).Text("media", 100));
        }
    }

    [Theory, InlineData("""{"base64":"AAAA"""), InlineData("""{"base64":"AAAA\"""), InlineData("""{"base64":"AA\u00""")]
    public async Task A_body_that_ends_inside_the_file_is_refused(string json) =>
        Assert.Equal("malformed-json", (await Assert.ThrowsAsync<ProblemException>(() => ReadAsync(json))).Code);

    [Theory, InlineData("["), InlineData("\"base64\""), InlineData("{\"base64\""), InlineData(""), InlineData("}}}}\"base64\":\"AAAA\"")]
    public async Task What_is_no_object_gives_no_file(string json) => Assert.Null((await ReadAsync(json)).Field);

    [Fact]
    public async Task Fields_beside_the_file_are_bounded()
    {
        var json = $$"""{"base64":"AAAA","caption":"{{new string('x', (int)JsonBody.MaxBytes)}}"}""";

        Assert.Equal("body-too-large", (await Assert.ThrowsAsync<ProblemException>(() => ReadAsync(json))).Code);
    }

    private static async Task<(string? Field, byte[]? File, string Others)> ReadAsync(string json, int piece = 50)
    {
        byte[]? file = null;
        var reader = new JsonWithFile(new Pieces(Encoding.UTF8.GetBytes(json), piece));
        await reader.TakeAsync(async (_, stream) =>
        {
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            file = bytes.ToArray();
        }, default);
        return (reader.Field, file, Encoding.UTF8.GetString(reader.Rest.Span));
    }

    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
