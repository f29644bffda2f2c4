using System.Security.Cryptography;
using WhatsApp.Grains.Storage.Exports;

namespace WhatsApp.Grains.Tests.Storage.Exports;

/// <summary>The sealed form of an export: what was written or nothing.</summary>
public sealed class SealedFileTests
{
    private const string Passphrase = "a long enough passphrase";
    private const int Chunk = SealedFile.ChunkSize, Whole = SealedFile.ChunkSize + SealedFile.TagSize;

    public static TheoryData<int> Sizes => [0, 1, Chunk - 1, Chunk, Chunk + 1, 2 * Chunk, 3 * Chunk + 7];

    [Theory, MemberData(nameof(Sizes))]
    public void What_was_written_is_read(int size)
    {
        var content = RandomNumberGenerator.GetBytes(size);

        Assert.Equal(content, Open(Seal(content)));
    }

    [Fact]
    public void A_cut_file_is_refused_wherever_it_ends()
    {
        var whole = Seal(RandomNumberGenerator.GetBytes(2 * Chunk + 100));
        int[] ends = [0, 10, SealedFile.HeaderSize, SealedFile.HeaderSize + 1, SealedFile.HeaderSize + Whole, SealedFile.HeaderSize + Whole + 5, SealedFile.HeaderSize + 2 * Whole, whole.Length - 1];

        Assert.All(ends, end => Assert.Throws<ExportException>(() => Open(whole[..end])));
    }

    [Fact]
    public void A_changed_byte_is_refused_wherever_it_is()
    {
        var whole = Seal(RandomNumberGenerator.GetBytes(Chunk + 100));
        // Not in the parameters of the key: a changed one costs its own time.
        int[] places = [0, 7, 16, SealedFile.HeaderSize - 1, SealedFile.HeaderSize, SealedFile.HeaderSize + Chunk + 3, SealedFile.HeaderSize + Whole, whole.Length - 1];

        Assert.All(places, place =>
        {
            byte[] changed = [.. whole];
            changed[place] ^= 1;
            Assert.Throws<ExportException>(() => Open(changed));
        });
    }

    [Fact]
    public void Chunks_cannot_change_places_or_be_added()
    {
        var whole = Seal(RandomNumberGenerator.GetBytes(3 * Chunk));
        var (head, first, second, third) = (whole[..SealedFile.HeaderSize], whole[SealedFile.HeaderSize..][..Whole], whole[(SealedFile.HeaderSize + Whole)..][..Whole], whole[^Whole..]);

        Assert.Throws<ExportException>(() => Open([.. head, .. second, .. first, .. third]));
        Assert.Throws<ExportException>(() => Open([.. whole, .. third]));
        Assert.Throws<ExportException>(() => Open([.. whole, 0]));
        Assert.Equal(3 * Chunk, Open([.. head, .. first, .. second, .. third]).Length);
    }

    [Fact]
    public void Errors_say_what_is_wrong()
    {
        var whole = Seal([1, 2, 3]);
        byte[] newer = [.. whole];
        newer[7] = 2;
        byte[] hungry = [.. whole];
        hungry[15] = 0xFF;

        Assert.Equal("the passphrase is wrong", Assert.Throws<ExportException>(() => Open(whole, "another long passphrase")).Message);
        Assert.Equal("this export has version 2, this program knows 1: use a newer program", Assert.Throws<ExportException>(() => Open(newer)).Message);
        Assert.Equal("this file is not an export", Assert.Throws<ExportException>(() => Open([.. new byte[200]])).Message);
        Assert.Contains("its header makes no sense", Assert.Throws<ExportException>(() => Open(hungry)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_content_never_looks_the_same()
    {
        Assert.NotEqual(Seal([1, 2, 3])[^19..], Seal([1, 2, 3])[^19..]);
    }

    private static byte[] Seal(byte[] content)
    {
        using var output = new MemoryStream();
        using var writer = new SealedFileWriter(output, Passphrase);
        writer.Write(content);
        writer.Complete();
        return output.ToArray();
    }

    private static byte[] Open(byte[] file, string passphrase = Passphrase)
    {
        using var reader = new SealedFileReader(new MemoryStream(file), passphrase);
        using var content = new MemoryStream();
        reader.CopyTo(content);
        return content.ToArray();
    }
}
