using System.Security.Cryptography;

namespace WhatsApp.Protocol.Crypto;

/// <summary>A Curve25519 key pair, raw 32-byte halves, private half clamped (wire/03 §1).</summary>
public sealed class KeyPair
{
    /// <summary>Takes both halves as they are.</summary>
    public KeyPair(byte[] privateKey, byte[] publicKey)
    {
        PrivateKey = privateKey;
        PublicKey = publicKey;
    }

    /// <summary>32 bytes, clamped.</summary>
    public byte[] PrivateKey { get; }

    /// <summary>32 bytes, no 0x05 prefix.</summary>
    public byte[] PublicKey { get; }

    /// <summary>A fresh random pair.</summary>
    public static KeyPair Generate()
    {
        Span<byte> random = stackalloc byte[Curve25519.KeySize];
        RandomNumberGenerator.Fill(random);
        var pair = FromPrivate(random);
        CryptographicOperations.ZeroMemory(random);
        return pair;
    }

    /// <summary>The pair of a private key; clamps it first.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static KeyPair FromPrivate(ReadOnlySpan<byte> privateKey)
    {
        Curve25519.RequirePrivate(privateKey);
        var clamped = privateKey.ToArray();
        Curve25519.Clamp(clamped);
        var publicKey = new byte[Curve25519.KeySize];
        Sodium.Check(Sodium.ScalarMultBase(publicKey, clamped));
        return new KeyPair(clamped, publicKey);
    }
}
