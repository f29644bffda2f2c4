using CsCheck;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Tests.Crypto;

public class SecretBoxTests
{
    private const string Place = "instance-1|sessions|5511999990000";
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void What_was_sealed_opens_at_the_same_place() =>
        Gen.Select(Gen.Byte.Array[0, 1000], Gen.String[0, 60]).Sample((plaintext, place) =>
        {
            var box = new SecretBox(Key);
            var sealedBytes = box.Seal(plaintext, place);
            Assert.Equal(plaintext.Length + 29, sealedBytes.Length);
            Assert.Equal(1, sealedBytes[0]);
            Assert.Equal(plaintext, new SecretBox(Key).Open(sealedBytes, place));
        }, iter: 100);

    [Fact]
    public void Sealing_twice_gives_different_bytes()
    {
        var box = new SecretBox(Key);
        Assert.NotEqual(box.Seal("secret"u8, Place), box.Seal("secret"u8, Place));
    }

    [Fact]
    public void Another_key_does_not_open()
    {
        var other = Key.ToArray();
        other[31] ^= 1;
        Assert.Throws<SecretBoxException>(() => new SecretBox(other).Open(new SecretBox(Key).Seal("secret"u8, Place), Place));
    }

    [Fact]
    public void Another_place_does_not_open()
    {
        var box = new SecretBox(Key);
        Assert.Throws<SecretBoxException>(() => box.Open(box.Seal("secret"u8, Place), "instance-2|sessions|5511999990000"));
    }

    [Fact]
    public void No_changed_bit_opens()
    {
        var box = new SecretBox(Key);
        var good = box.Seal("secret"u8, Place);
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = good.ToArray();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<SecretBoxException>(() => box.Open(bad, Place));
        }
    }

    [Fact]
    public void No_shortened_bytes_open()
    {
        var box = new SecretBox(Key);
        var good = box.Seal("secret"u8, Place);
        for (var length = 0; length < good.Length; length++)
            Assert.Throws<SecretBoxException>(() => box.Open(good.AsSpan(0, length), Place));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(33)]
    public void The_data_key_has_32_bytes(int length) => Assert.Throws<ArgumentException>(() => new SecretBox(new byte[length]));

    [Fact]
    public async Task One_box_serves_many_threads()
    {
        var box = new SecretBox(Key);
        await Parallel.ForAsync(0, 500, (i, _) =>
        {
            var place = $"place-{i % 7}";
            Assert.Equal(BitConverter.GetBytes(i), box.Open(box.Seal(BitConverter.GetBytes(i), place), place));
            return ValueTask.CompletedTask;
        });
    }
}
