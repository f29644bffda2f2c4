namespace WhatsApp.Protocol.Crypto;

/// <summary>A public key that must not be used: wrong length, wrong type byte or a low-order point.</summary>
public sealed class InvalidPublicKeyException(string message) : Exception(message);

/// <summary>X25519 on libsodium, and the two forms of a public key: raw 32 bytes, serialized 05 ‖ raw (wire/03 §1).</summary>
public static class Curve25519
{
    /// <summary>Length of a raw key and of a shared secret, bytes.</summary>
    public const int KeySize = 32;

    /// <summary>Length of a serialized public key, bytes.</summary>
    public const int SerializedSize = 33;

    private const byte KeyType = 0x05;

    /// <summary>Shared secret, 32 bytes.</summary>
    /// <exception cref="InvalidPublicKeyException">Low-order point or wrong length.</exception>
    /// <exception cref="ArgumentException">Private key not 32 bytes.</exception>
    public static byte[] Agree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey)
    {
        var shared = new byte[KeySize];
        Agree(privateKey, publicKey, shared);
        return shared;
    }

    /// <summary>Shared secret into <paramref name="shared"/>, 32 bytes; wipe it after use.</summary>
    /// <exception cref="InvalidPublicKeyException">Low-order point or wrong length.</exception>
    /// <exception cref="ArgumentException">Private key or destination not 32 bytes.</exception>
    public static void Agree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        RequirePrivate(privateKey);
        if (shared.Length != KeySize)
            throw new ArgumentException("A shared secret has 32 bytes.", nameof(shared));
        if (publicKey.Length != KeySize)
            throw new InvalidPublicKeyException("A raw public key has 32 bytes.");
        if (Sodium.ScalarMult(shared, privateKey, publicKey) != 0)
            throw new InvalidPublicKeyException("The public key is a low-order point.");
    }

    /// <summary>0x05 ‖ raw: 33 bytes.</summary>
    /// <exception cref="InvalidPublicKeyException">Not 32 bytes.</exception>
    public static byte[] Serialize(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != KeySize)
            throw new InvalidPublicKeyException("A raw public key has 32 bytes.");
        var serialized = new byte[SerializedSize];
        serialized[0] = KeyType;
        publicKey.CopyTo(serialized.AsSpan(1));
        return serialized;
    }

    /// <summary>Strips the 0x05.</summary>
    /// <exception cref="InvalidPublicKeyException">Not 33 bytes starting 0x05.</exception>
    public static byte[] Deserialize(ReadOnlySpan<byte> serialized)
    {
        if (serialized.Length != SerializedSize || serialized[0] != KeyType)
            throw new InvalidPublicKeyException("A serialized public key has 33 bytes and starts with 05.");
        return serialized[1..].ToArray();
    }

    internal static void Clamp(Span<byte> privateKey)
    {
        privateKey[0] &= 0xF8;
        privateKey[31] = (byte)((privateKey[31] & 0x7F) | 0x40);
    }

    internal static void RequirePrivate(ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length != KeySize)
            throw new ArgumentException("A private key has 32 bytes.", nameof(privateKey));
    }
}
