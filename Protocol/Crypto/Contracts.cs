namespace WhatsApp.Protocol.Crypto;

/// <summary>A Curve25519 key pair, raw 32-byte halves, private half clamped.</summary>
public sealed class KeyPair
{
    /// <summary>Takes both halves as they are.</summary>
    public KeyPair(byte[] privateKey, byte[] publicKey) { PrivateKey = privateKey; PublicKey = publicKey; }
    /// <summary>32 bytes, clamped.</summary>
    public byte[] PrivateKey { get; }
    /// <summary>32 bytes, no 0x05 prefix.</summary>
    public byte[] PublicKey { get; }
    /// <summary>A fresh random pair.</summary>
    public static KeyPair Generate() => throw new NotImplementedException();
    /// <summary>The pair of a private key; clamps it first.</summary>
    public static KeyPair FromPrivate(ReadOnlySpan<byte> privateKey) => throw new NotImplementedException();
}

/// <summary>A public key that must not be used: wrong length, wrong type byte or a low-order point.</summary>
public sealed class InvalidPublicKeyException(string message) : Exception(message);

/// <summary>X25519 on libsodium.</summary>
public static class Curve25519
{
    /// <summary>Shared secret, 32 bytes.</summary>
    /// <exception cref="InvalidPublicKeyException">Low-order point or wrong length.</exception>
    public static byte[] Agree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey) => throw new NotImplementedException();
    /// <summary>0x05 ‖ raw: 33 bytes.</summary>
    public static byte[] Serialize(ReadOnlySpan<byte> publicKey) => throw new NotImplementedException();
    /// <summary>Strips the 0x05.</summary>
    /// <exception cref="InvalidPublicKeyException">Not 33 bytes starting 0x05.</exception>
    public static byte[] Deserialize(ReadOnlySpan<byte> serialized) => throw new NotImplementedException();
}

/// <summary>Signatures with Curve25519 keys (wire/03-signal.md §2).</summary>
public static class XEdDsa
{
    /// <summary>64-byte signature with fresh randomness.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> message) => throw new NotImplementedException();
    /// <summary>64-byte signature with the given 64 random bytes: for test vectors.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> random64) => throw new NotImplementedException();
    /// <summary>False for anything that is not a valid signature; never throws on hostile input.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => throw new NotImplementedException();
}

/// <summary>Sealed bytes that do not open: wrong key, wrong place or changed.</summary>
public sealed class SecretBoxException(string message) : Exception(message);

/// <summary>Seals secrets at rest: AES-256-GCM under one data key. Form: 01 ‖ nonce(12) ‖ ciphertext ‖ tag(16).</summary>
public sealed class SecretBox
{
    /// <summary>32-byte data key.</summary>
    public SecretBox(ReadOnlySpan<byte> key) => throw new NotImplementedException();
    /// <summary>Seals; <paramref name="place"/> (e.g. "instance|table|key") must be the same on opening.</summary>
    public byte[] Seal(ReadOnlySpan<byte> plaintext, string place) => throw new NotImplementedException();
    /// <summary>Opens.</summary>
    /// <exception cref="SecretBoxException">Wrong key or place, or changed bytes.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, string place) => throw new NotImplementedException();
}
