using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.PreKeyUpload;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>The digest of wire/01 §8.3.</summary>
public class KeyDigestTests
{
    private readonly DeviceCredentials _credentials;
    private readonly Dictionary<uint, PreKey> _keys;

    public KeyDigestTests()
    {
        var identity = new LocalIdentity(KeyPair.Generate(), 0x01020304);
        _credentials = new DeviceCredentials(KeyPair.Generate(), identity, [PreKeys.NewSigned(5, identity.IdentityKey)], new byte[32], 1);
        _keys = PreKeys.NewOneTime(0x0A0B0C, 3).ToDictionary(key => key.Id);
    }

    [Fact]
    public void What_we_uploaded_fits() => Assert.True(Read().Fits(_credentials, _keys));

    [Fact]
    public void A_shortened_hash_is_compared_as_far_as_it_goes() => Assert.True(Read(hash => hash[..8]).Fits(_credentials, _keys));

    [Fact]
    public void Another_hash_does_not_fit() => Assert.False(Read(hash => [.. hash[..19], (byte)(hash[19] ^ 1)]).Fits(_credentials, _keys));

    [Fact]
    public void A_key_we_do_not_have_does_not_fit()
    {
        var digest = Read();
        _keys.Remove(0x0A0B0D);

        Assert.False(digest.Fits(_credentials, _keys));
    }

    [Fact]
    public void Another_signed_pre_key_does_not_fit()
    {
        var digest = Read();
        var rotated = _credentials with { SignedPreKeys = [PreKeys.NewSigned(6, _credentials.Identity.IdentityKey)] };

        Assert.False(digest.Fits(rotated, _keys));
    }

    [Fact]
    public void Another_registration_id_does_not_fit()
    {
        var digest = Read();

        Assert.False(digest.Fits(_credentials with { Identity = _credentials.Identity with { RegistrationId = 9 } }, _keys));
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("skey")]
    [InlineData("list")]
    [InlineData("hash")]
    public void An_answer_with_a_missing_part_cannot_be_read(string part)
    {
        var digest = Answer(hash => hash).Child("digest")!;

        Assert.Null(KeyDigest.Read(new Node("iq", [], [new Node("digest", [], [.. digest.Children.Where(child => child.Tag != part)])])));
    }

    [Fact]
    public void An_answer_without_digest_cannot_be_read() => Assert.Null(KeyDigest.Read(new Node("iq", ("type", "result"))));

    private KeyDigest Read(Func<byte[], byte[]>? change = null) => KeyDigest.Read(Answer(change ?? (hash => hash)))!;

    // The server's answer, from what our own upload said.
    private Node Answer(Func<byte[], byte[]> change)
    {
        var upload = PreKeyStanzas.Upload(_credentials, [.. _keys.Values]);
        var signed = upload.Child("skey")!;
        byte[] content =
        [
            .. upload.Child("identity")!.Bytes!.Value.Span, .. signed.Child("value")!.Bytes!.Value.Span, .. signed.Child("signature")!.Bytes!.Value.Span,
            .. upload.Child("list")!.Children.SelectMany(key => key.Child("value")!.Bytes!.Value.ToArray()),
        ];
        return new Node("iq", [("type", "result")],
        [
            new Node("digest", [],
            [
                upload.Child("registration")!, upload.Child("type")!, upload.Child("identity")!, signed,
                new Node("list", [], [.. upload.Child("list")!.Children.Select(key => key.Child("id")!)]),
                new Node("hash", [], change(SHA1.HashData(content))),
            ]),
        ]);
    }
}
