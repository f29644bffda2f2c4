using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Pairing;

/// <summary>What the companion commits to in passkey_prologue.</summary>
/// <param name="Ephemeral">Agrees with the phone's key.</param>
/// <param name="Nonce">32 bytes, revealed after the phone has shown its key.</param>
/// <param name="Reference">From the server.</param>
/// <param name="Platform">Number of the platform in DeviceProps.</param>
/// <param name="Payload">Encoded ProloguePayload.</param>
public sealed record PasskeyPrologue(KeyPair Ephemeral, byte[] Nonce, string Reference, int Platform, byte[] Payload)
{
    /// <summary>Says nothing: it holds a private key.</summary>
    public override string ToString() => "passkey prologue";
}

/// <summary>
/// Agreement of companion and phone when the server demands a passkey, both roles (wire/01 §7.6). Pure but for randomness.
/// <code>
/// ident = CompanionEphemeralIdentity{publicKey, deviceType, ref}     commitment = SHA-256(ident ‖ nonce)
/// code  = alphabet32(primaryNonce[0..5] XOR SHA-256(nonce ‖ primaryPublicKey)[0..5])
/// key   = HKDF(X25519(ephemeral, primaryPublicKey), "Companion Pairing {deviceType} with ref {ref}", "Pairing Information Encryption Key")
/// </code>
/// </summary>
public static class PasskeyExchange
{
    private const int KeySize = 32;
    private const int IvSize = 12;
    private const int TagSize = 16;
    private const int CodeBytes = 5;

    /// <summary>The key that proves that the passkey was asked for after this pairing: from the secret the phone has read.</summary>
    public static byte[] HandoffKey(ReadOnlySpan<byte> advSecret)
    {
        var key = new byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, advSecret, key, [], "shortcake-passkey-handoff-v1"u8);
        return key;
    }

    /// <summary>The proof sent along with a prologue, 32 bytes.</summary>
    public static byte[] HandoffProof(ReadOnlySpan<byte> handoffKey, ReadOnlySpan<byte> prologue) => HMACSHA256.HashData(handoffKey, prologue);

    /// <summary>A fresh key and nonce, committed to.</summary>
    public static PasskeyPrologue Begin(string reference, int platform)
    {
        var (ephemeral, nonce) = (KeyPair.Generate(), RandomNumberGenerator.GetBytes(KeySize));
        var identity = new CompanionEphemeralIdentity
        {
            PublicKey = ByteString.CopyFrom(ephemeral.PublicKey),
            DeviceType = (DeviceProps.Types.PlatformType)platform,
            Ref = reference,
        }.ToByteArray();
        var payload = new ProloguePayload
        {
            CompanionEphemeralIdentity = ByteString.CopyFrom(identity),
            Commitment = new CompanionCommitment { Hash = ByteString.CopyFrom(Commitment(identity, nonce)) },
        };
        return new PasskeyPrologue(ephemeral, nonce, reference, platform, payload.ToByteArray());
    }

    /// <summary>What the companion committed to.</summary>
    public static byte[] Commitment(ReadOnlySpan<byte> identity, ReadOnlySpan<byte> nonce) => SHA256.HashData([.. identity, .. nonce]);

    /// <summary>The code both show, when their user is to compare them.</summary>
    /// <exception cref="LinkCodeException">A key or nonce has not 32 bytes.</exception>
    public static LinkCode Code(ReadOnlySpan<byte> companionNonce, ReadOnlySpan<byte> primaryKey, ReadOnlySpan<byte> primaryNonce)
    {
        if (companionNonce.Length != KeySize || primaryKey.Length != KeySize || primaryNonce.Length != KeySize)
            throw new LinkCodeException(LinkCodeFailure.Malformed, "keys and nonces have 32 bytes");
        Span<byte> code = stackalloc byte[CodeBytes];
        SHA256.HashData([.. companionNonce, .. primaryKey]).AsSpan(0, CodeBytes).CopyTo(code);
        for (var i = 0; i < CodeBytes; i++)
            code[i] ^= primaryNonce[i];
        return LinkCode.FromBytes(code);
    }

    /// <summary>The key of the pairing request; the same on both sides.</summary>
    /// <exception cref="LinkCodeException">The other's key is unusable.</exception>
    public static byte[] EncryptionKey(KeyPair own, ReadOnlySpan<byte> other, int platform, string reference)
    {
        try
        {
            var key = new byte[KeySize];
            var salt = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Companion Pairing {platform} with ref {reference}"));
            HKDF.DeriveKey(HashAlgorithmName.SHA256, Curve25519.Agree(own.PrivateKey, other), key, salt, "Pairing Information Encryption Key"u8);
            return key;
        }
        catch (InvalidPublicKeyException e)
        {
            throw new LinkCodeException(LinkCodeFailure.InvalidKey, "an unusable public key", e);
        }
    }

    /// <summary>Encoded EncryptedPairingRequest: our keys and the secret that is to sign us.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> noiseKey, ReadOnlySpan<byte> identityKey, ReadOnlySpan<byte> advSecret)
    {
        var plain = new PairingRequest
        {
            CompanionPublicKey = ByteString.CopyFrom(noiseKey),
            CompanionIdentityKey = ByteString.CopyFrom(identityKey),
            AdvSecret = ByteString.CopyFrom(advSecret),
        }.ToByteArray();
        var (iv, sealedBytes) = (RandomNumberGenerator.GetBytes(IvSize), new byte[plain.Length + TagSize]);
        using var gcm = new AesGcm(key, TagSize);
        gcm.Encrypt(iv, plain, sealedBytes.AsSpan(0, plain.Length), sealedBytes.AsSpan(plain.Length));
        return new EncryptedPairingRequest { EncryptedPayload = ByteString.CopyFrom(sealedBytes), Iv = ByteString.CopyFrom(iv) }.ToByteArray();
    }

    /// <summary>Phone: opens what <see cref="Seal"/> made.</summary>
    /// <exception cref="LinkCodeException">It does not open, or is no such message.</exception>
    public static (byte[] NoiseKey, byte[] IdentityKey, byte[] AdvSecret) Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> encoded)
    {
        try
        {
            var request = EncryptedPairingRequest.Parser.ParseFrom(encoded);
            if (request.Iv.Length != IvSize || request.EncryptedPayload.Length < TagSize)
                throw new LinkCodeException(LinkCodeFailure.Malformed, "an encrypted pairing request is too short");
            var bytes = request.EncryptedPayload.Span;
            var plain = new byte[bytes.Length - TagSize];
            using var gcm = new AesGcm(key, TagSize);
            gcm.Decrypt(request.Iv.Span, bytes[..plain.Length], bytes[plain.Length..], plain);
            var inner = PairingRequest.Parser.ParseFrom(plain);
            return (inner.CompanionPublicKey.ToByteArray(), inner.CompanionIdentityKey.ToByteArray(), inner.AdvSecret.ToByteArray());
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or AuthenticationTagMismatchException)
        {
            throw new LinkCodeException(LinkCodeFailure.WrongCode, "the pairing request does not open", e);
        }
    }
}
