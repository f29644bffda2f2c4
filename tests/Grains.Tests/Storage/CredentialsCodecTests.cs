using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public sealed class CredentialsCodecTests
{
    private static byte[] Fill(int value, int length = 32) => [.. Enumerable.Repeat((byte)value, length)];

    private static KeyPair Keys(int value) => new(Fill(value), Fill(value + 1));

    private static DeviceCredentials Full() => new(Keys(1), new LocalIdentity(Keys(3), uint.MaxValue),
        [new SignedPreKey(0xFFFFFF, Keys(5), Fill(7, 64)), new SignedPreKey(1, Keys(8), Fill(10, 64))], Fill(11), 812)
    {
        Jid = Jid.Parse("5511900000001:12@s.whatsapp.net"),
        Lid = Jid.Parse("777:12@lid"),
        SignedDeviceIdentity = Fill(12, 300),
        Platform = "android",
        BusinessName = "",
        PushName = "Ana 🌻",
        LoginCounter = 9,
        PreKeysUploaded = true,
        RoutingInfo = [],
        ServerStaticKey = Fill(13),
        SignedPreKeyCreatedAt = 1763825400123,
    };

    [Fact]
    public void Full_credentials_come_back_the_same()
    {
        var decoded = CredentialsCodec.Decode(CredentialsCodec.Encode(Full()));
        Assert.Equivalent(Full(), decoded, strict: true);
        Assert.True(decoded.IsPaired);
    }

    [Fact]
    public void Credentials_of_a_new_device_come_back_with_what_is_absent_absent()
    {
        var fresh = new DeviceCredentials(Keys(1), new LocalIdentity(Keys(3), 1), [], Fill(5), 1);
        var decoded = CredentialsCodec.Decode(CredentialsCodec.Encode(fresh));
        Assert.Equivalent(fresh, decoded, strict: true);
        Assert.Null(decoded.Jid);
        Assert.Null(decoded.RoutingInfo);
    }

    [Fact]
    public void Anything_cut_short_is_refused()
    {
        var bytes = CredentialsCodec.Encode(Full());
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<CredentialsFormatException>(() => CredentialsCodec.Decode(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Bytes_behind_another_version_and_lengths_out_of_bounds_are_refused()
    {
        var bytes = CredentialsCodec.Encode(Full());
        Assert.Throws<CredentialsFormatException>(() => CredentialsCodec.Decode([.. bytes, 0]));
        Assert.Throws<CredentialsFormatException>(() => CredentialsCodec.Decode([2, .. bytes.AsSpan(1)]));
        Assert.Throws<CredentialsFormatException>(() => CredentialsCodec.Decode([1, 0xFF, 0xFF, 0xFF, 0x7F, .. bytes.AsSpan(5)]));
        Assert.Throws<CredentialsFormatException>(() => CredentialsCodec.Encode(Full() with { RoutingInfo = new byte[65 * 1024] }));
    }
}
