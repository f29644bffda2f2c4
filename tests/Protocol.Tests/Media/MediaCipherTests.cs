using CsCheck;
using WhatsApp.Protocol.Media;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class MediaCipherTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("media").FullName;
    private readonly byte[] _key = MediaKeys.NewMediaKey();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Decryption_does_not_depend_on_how_the_bytes_are_cut() =>
        Gen.Select(Gen.Int[0, 400], Gen.Int[1, 70].Array[1, 40]).Sample((size, cuts) =>
        {
            var (blob, facts) = MediaVectorTests.EncryptAsync(size, _key, MediaType.Image).GetAwaiter().GetResult();
            using var keys = MediaKeys.Derive(_key, MediaType.Image);
            using var decryptor = new MediaDecryptor(keys);
            using var plain = new MemoryStream();
            var output = new byte[MediaDecryptor.RoomFor(blob.Length)];
            for (int position = 0, cut = 0; position < blob.Length; cut++)
            {
                var piece = blob.AsSpan(position, Math.Min(cuts[cut % cuts.Length], blob.Length - position));
                plain.Write(output.AsSpan(0, decryptor.Take(piece, output)));
                position += piece.Length;
            }
            plain.Write(output.AsSpan(0, decryptor.Finish(facts.FileSha256, facts.FileEncSha256, output)));
            return plain.ToArray().AsSpan().SequenceEqual(MediaVectorTests.Plaintext(size));
        }, iter: 300);

    [Fact]
    public async Task A_file_with_a_wrong_hash_never_gets_its_name()
    {
        var (blob, facts) = await MediaVectorTests.EncryptAsync(200_000, _key, MediaType.Document);
        var (source, target) = (Path.Combine(_folder, "blob"), Path.Combine(_folder, "plain"));
        await File.WriteAllBytesAsync(source, blob);
        var otherHash = facts.FileSha256.ToArray();
        otherHash[0] ^= 1;

        var refused = await Assert.ThrowsAsync<MediaDamagedException>(() =>
            MediaCipher.DecryptFileAsync(source, target, _key, MediaType.Document, otherHash, facts.FileEncSha256));

        Assert.Equal(MediaDamage.PlaintextHash, refused.Damage);
        Assert.Equal([source], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_checked_file_gets_its_name_and_only_its_owner_reads_it()
    {
        var (blob, facts) = await MediaVectorTests.EncryptAsync(200_000, _key, MediaType.Document);
        var (source, target) = (Path.Combine(_folder, "blob"), Path.Combine(_folder, "plain"));
        await File.WriteAllBytesAsync(source, blob);

        Assert.Equal(200_000, await MediaCipher.DecryptFileAsync(source, target, _key, MediaType.Document, facts.FileSha256, facts.FileEncSha256));

        Assert.Equal(MediaVectorTests.Plaintext(200_000), await File.ReadAllBytesAsync(target));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(target));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public async Task The_blobs_hash_is_checked_before_the_mac()
    {
        var (blob, facts) = await MediaVectorTests.EncryptAsync(100, _key, MediaType.Image);
        blob[5] ^= 1;

        var refused = await Assert.ThrowsAsync<MediaDamagedException>(() =>
            MediaCipher.DecryptAsync(new MemoryStream(blob), new MemoryStream(), _key, MediaType.Image, facts.FileSha256, facts.FileEncSha256));

        Assert.Equal(MediaDamage.EncryptedHash, refused.Damage);
    }

    [Theory, InlineData(25), InlineData(27), InlineData(41), InlineData(43)]
    public async Task Files_of_an_impossible_length_are_refused(int length)
    {
        var refused = await Assert.ThrowsAsync<MediaDamagedException>(() =>
            MediaCipher.DecryptAsync(new MemoryStream(new byte[length]), new MemoryStream(), _key, MediaType.Image, null, null));

        Assert.Equal(MediaDamage.Length, refused.Damage);
    }

    [Fact]
    public async Task A_large_file_passes_in_constant_memory()
    {
        const long size = 256L * 1024 * 1024;
        using var plain = new EndlessStream(size);
        var before = GC.GetAllocatedBytesForCurrentThread(); // both streams are synchronous: all work stays on this thread

        var facts = await MediaCipher.EncryptAsync(plain, Stream.Null, _key, MediaType.Document);

        Assert.Equal(size, facts.FileLength);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
    }
}
