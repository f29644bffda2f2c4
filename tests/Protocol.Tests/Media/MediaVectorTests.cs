using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class MediaVectorTests
{
    private const string File = "media.json";
    private static readonly JsonElement Vectors = VectorFile.Load(File);

    [Fact]
    public void Keys_of_every_kind_are_those_of_the_vectors()
    {
        var kinds = 0;
        foreach (var kind in Vectors.GetProperty("types").EnumerateObject())
        {
            var type = MediaType.Find(kind.Name);
            Assert.NotNull(type);
            Assert.Equal(kind.Value.GetProperty("hkdfInfo").GetString(), type.KeyInfo);
            var mediaKey = SHA256.HashData(Encoding.ASCII.GetBytes("media-vector:" + kind.Name));
            Assert.Equal(kind.Value.Hex("mediaKey"), mediaKey);

            using var keys = MediaKeys.Derive(mediaKey, type);

            Assert.Equal(kind.Value.Hex("expanded112"), keys.Expanded.ToArray());
            Assert.Equal(kind.Value.Hex("iv"), keys.Iv.ToArray());
            Assert.Equal(kind.Value.Hex("cipherKey"), keys.CipherKey.ToArray());
            Assert.Equal(kind.Value.Hex("macKey"), keys.MacKey.ToArray());
            Assert.Equal(kind.Value.Hex("refKey"), keys.RefKey.ToArray());
            VectorFile.Ran(File, $"types/{kind.Name}/keys");
            kinds++;
        }
        Assert.Equal(15, kinds);
    }

    [Fact]
    public async Task Files_of_every_kind_and_size_encrypt_and_decrypt_as_in_the_vectors()
    {
        var cases = 0;
        foreach (var kind in Vectors.GetProperty("types").EnumerateObject())
        {
            var type = MediaType.Find(kind.Name)!;
            var mediaKey = kind.Value.Hex("mediaKey");
            foreach (var vector in kind.Value.GetProperty("cases").EnumerateArray())
            {
                var size = vector.GetProperty("size").GetInt32();
                var (blob, facts) = await EncryptAsync(size, mediaKey, type);
                Assert.Equal(vector.GetProperty("blobLength").GetInt32(), blob.Length);
                Assert.Equal(blob.Length, facts.EncryptedLength);
                Assert.Equal(blob.Length, MediaCipher.EncryptedLength(size));
                Assert.Equal(size, facts.FileLength);
                Assert.Equal(vector.Hex("fileSha256"), facts.FileSha256);
                Assert.Equal(vector.Hex("fileEncSha256"), facts.FileEncSha256);
                Assert.Equal(vector.Hex("fileEncSha256"), SHA256.HashData(blob));
                Assert.Equal(vector.Hex("mac10"), blob[^10..]);
                Assert.Equal(vector.Hex("streamingSidecar"), facts.StreamingSidecar);
                if (vector.TryGetProperty("blob", out _))
                    Assert.Equal(vector.Hex("blob"), blob);
                if (vector.TryGetProperty("blobB64", out var base64))
                    Assert.Equal(base64.GetBytesFromBase64(), blob);

                using var plain = new MemoryStream();
                var length = await MediaCipher.DecryptAsync(new MemoryStream(blob), plain, mediaKey, type, facts.FileSha256, facts.FileEncSha256);

                Assert.Equal(size, length);
                Assert.Equal(Plaintext(size), plain.ToArray());
                VectorFile.Ran(File, $"types/{kind.Name}/{size}");
                cases++;
            }
        }
        Assert.Equal(90, cases);
    }

    [Fact]
    public async Task A_long_files_sidecar_is_that_of_the_vector()
    {
        var vector = Vectors.GetProperty("sidecarLong");
        var (_, facts) = await EncryptAsync(vector.GetProperty("size").GetInt32(), vector.Hex("mediaKey"), MediaType.Find(vector.GetProperty("type").GetString()!)!);

        Assert.Equal(vector.Hex("fileSha256"), facts.FileSha256);
        Assert.Equal(vector.Hex("fileEncSha256"), facts.FileEncSha256);
        Assert.Equal(vector.Hex("streamingSidecar"), facts.StreamingSidecar);
        VectorFile.Ran(File, "sidecarLong");
    }

    [Fact]
    public async Task An_animated_stickers_first_frame_sidecar_is_that_of_the_vector()
    {
        var vector = Vectors.GetProperty("firstFrameSidecar");
        using var blob = new MemoryStream();
        var facts = await MediaCipher.EncryptAsync(new MemoryStream(Plaintext(vector.GetProperty("size").GetInt32())), blob, vector.Hex("mediaKey"),
            MediaType.Find(vector.GetProperty("type").GetString()!)!, new MediaExtras { FirstFrameLength = vector.GetProperty("firstFrameLength").GetInt32() });

        Assert.Equal(vector.Hex("firstFrameSidecar"), facts.FirstFrameSidecar);
        VectorFile.Ran(File, "firstFrameSidecar");
    }

    [Fact]
    public async Task A_range_of_a_file_decrypts_alone()
    {
        var vector = Vectors.GetProperty("rangeRead");
        var type = MediaType.Find(vector.GetProperty("type").GetString()!)!;
        var mediaKey = Vectors.GetProperty("types").GetProperty(type.Name).Hex("mediaKey");
        var size = vector.GetProperty("size").GetInt32();
        var range = MediaRange.Of(vector.GetProperty("start").GetInt64(), vector.GetProperty("end").GetInt64(), size);
        var (blob, _) = await EncryptAsync(size, mediaKey, type);

        Assert.Equal(vector.GetProperty("cipherRangeStart").GetInt64(), range.CipherStart);
        Assert.Equal(vector.Hex("cipherRange"), blob[(int)range.CipherStart..(int)range.CipherEnd]);
        Assert.Equal(vector.Hex("plaintext"), range.Decrypt(vector.Hex("cipherRange"), mediaKey, type));
        VectorFile.Ran(File, "rangeRead");
    }

    [Theory, InlineData(0, 1), InlineData(0, 16), InlineData(3, 40), InlineData(15, 17), InlineData(16, 17), InlineData(31, 1000), InlineData(990, 1000)]
    public async Task Any_range_equals_that_part_of_the_file(int start, int end)
    {
        var mediaKey = MediaKeys.NewMediaKey();
        var (blob, _) = await EncryptAsync(1000, mediaKey, MediaType.Video);
        var range = MediaRange.Of(start, end, 1000);

        Assert.Equal(Plaintext(1000)[start..end], range.Decrypt(blob.AsSpan((int)range.CipherStart, (int)(range.CipherEnd - range.CipherStart)), mediaKey, MediaType.Video));
    }

    [Fact]
    public async Task Damaged_files_are_refused()
    {
        var index = 0;
        foreach (var vector in Vectors.GetProperty("negative").EnumerateArray())
        {
            using var plain = new MemoryStream();
            var refused = await Assert.ThrowsAsync<MediaDamagedException>(() => MediaCipher.DecryptAsync(
                new MemoryStream(vector.Hex("blob")), plain, vector.Hex("mediaKey"), MediaType.Find(vector.GetProperty("type").GetString()!)!, null, null));

            var expected = vector.GetProperty("referenceError").GetString()!.Contains("MAC", StringComparison.Ordinal) ? MediaDamage.Mac : MediaDamage.Length;
            Assert.Equal(expected, refused.Damage);
            VectorFile.Ran(File, $"negative/{index++}");
        }
        Assert.Equal(4, index);
    }

    [Fact]
    public void Upload_tokens_are_those_of_the_vectors()
    {
        var index = 0;
        foreach (var vector in Vectors.GetProperty("uploadToken").EnumerateArray())
        {
            Assert.Equal(vector.GetProperty("base64UrlNoPad").GetString(), UploadAddress.TokenOf(vector.Hex("fileEncSha256")));
            VectorFile.Ran(File, $"uploadToken/{index++}");
        }
        Assert.Equal(2, index);
    }

    internal static byte[] Plaintext(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)(i * 31 + 7))];

    internal static async Task<(byte[] Blob, EncryptedMedia Facts)> EncryptAsync(int size, byte[] mediaKey, MediaType type)
    {
        using var blob = new MemoryStream();
        var facts = await MediaCipher.EncryptAsync(new MemoryStream(Plaintext(size)), blob, mediaKey, type, new MediaExtras { StreamingSidecar = true });
        return (blob.ToArray(), facts);
    }
}
