using System.Security.Cryptography;

namespace WhatsApp.Protocol.Crypto;

/// <summary>
/// Signatures with Curve25519 keys (wire/03-signal.md §2): signed pre-keys, sender-key messages, ADV, noise certificates.
/// The sign bit of the Edwards key travels in the top bit of the signature.
/// </summary>
public static class XEdDsa
{
    /// <summary>Length of a signature, bytes.</summary>
    public const int SignatureSize = 64;

    /// <summary>Length of the randomness of one signature, bytes.</summary>
    public const int RandomSize = 64;

    /// <summary>64-byte signature with fresh randomness.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> message)
    {
        Span<byte> random = stackalloc byte[RandomSize];
        RandomNumberGenerator.Fill(random);
        var signature = Sign(privateKey, message, random);
        CryptographicOperations.ZeroMemory(random);
        return signature;
    }

    /// <summary>64-byte signature with the given 64 random bytes: for test vectors.</summary>
    /// <exception cref="ArgumentException">Private key not 32 or random not 64 bytes.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> random64)
    {
        Curve25519.RequirePrivate(privateKey);
        if (random64.Length != RandomSize)
            throw new ArgumentException("A signature takes 64 random bytes.", nameof(random64));

        Span<byte> secrets = stackalloc byte[5 * 32];
        Span<byte> a = secrets[..32], r = secrets[32..64], h = secrets[64..96], prefix = secrets[96..128], s = secrets[128..];
        Span<byte> publicPoint = stackalloc byte[32];
        var signature = new byte[SignatureSize];
        try
        {
            privateKey.CopyTo(a);
            Curve25519.Clamp(a);
            Sodium.Check(Sodium.EdwardsBase(publicPoint, a));

            prefix.Fill(0xFF);
            prefix[0] = 0xFE;
            HashToScalar(r, prefix, a, message, random64);
            Sodium.Check(Sodium.EdwardsBase(signature.AsSpan(0, 32), r));

            HashToScalar(h, signature.AsSpan(0, 32), publicPoint, message, []);
            Sodium.ScalarMultiply(h, h, a);
            Sodium.ScalarAdd(s, h, r);
            s.CopyTo(signature.AsSpan(32));
            signature[63] |= (byte)(publicPoint[31] & 0x80);
            return signature;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>False for anything that is not a valid signature; never throws on hostile input.</summary>
    /// <param name="publicKey">32 bytes raw.</param>
    /// <param name="message">The signed bytes.</param>
    /// <param name="signature">64 bytes.</param>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != Curve25519.KeySize || signature.Length != SignatureSize || (signature[63] & 0x60) != 0)
            return false;

        Span<byte> point = stackalloc byte[32];
        if (!TryMapToEdwards(publicKey, point))
            return false;
        point[31] |= (byte)(signature[63] & 0x80);

        Span<byte> plain = stackalloc byte[SignatureSize];
        signature.CopyTo(plain);
        plain[63] &= 0x7F;
        return Sodium.VerifyDetached(plain, message, (ulong)message.Length, point) == 0;
    }

    /// <summary>y = (u − 1)/(u + 1); false for u = −1, which has no image.</summary>
    private static bool TryMapToEdwards(ReadOnlySpan<byte> u, Span<byte> y)
    {
        var montgomery = Field25519.Read(u);
        var denominator = montgomery + Field25519.One;
        denominator.Write(y);
        if (!y.ContainsAnyExcept((byte)0))
            return false;
        ((montgomery - Field25519.One) * denominator.Invert()).Write(y);
        return true;
    }

    /// <summary>SHA-512 of the concatenation, modulo the group order.</summary>
    private static void HashToScalar(Span<byte> scalar, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, ReadOnlySpan<byte> fourth)
    {
        Span<byte> work = stackalloc byte[Sodium.Sha512StateSize + 64];
        Span<byte> state = work[..Sodium.Sha512StateSize], hash = work[Sodium.Sha512StateSize..];
        Sodium.Check(Sodium.Sha512Init(state));
        Sodium.Check(Sodium.Sha512Update(state, first, (ulong)first.Length));
        Sodium.Check(Sodium.Sha512Update(state, second, (ulong)second.Length));
        Sodium.Check(Sodium.Sha512Update(state, third, (ulong)third.Length));
        Sodium.Check(Sodium.Sha512Update(state, fourth, (ulong)fourth.Length));
        Sodium.Check(Sodium.Sha512Final(state, hash));
        Sodium.ScalarReduce(scalar, hash);
        CryptographicOperations.ZeroMemory(work);
    }
}
