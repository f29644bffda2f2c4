using System.Numerics;
using CsCheck;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Math.EC.Rfc8032;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Tests.Crypto;

/// <summary>Our results against BouncyCastle and BigInteger on random input.</summary>
public class SecondOpinionTests
{
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    [Fact]
    public void BouncyCastle_agrees_on_keys_and_shared_secrets() =>
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32]).Sample((secret, other) =>
        {
            var pair = KeyPair.FromPrivate(secret);
            byte[] theirPublic = new byte[32], theirs = new byte[32];
            X25519.ScalarMultBase(secret, 0, theirPublic, 0);
            Assert.Equal(theirPublic, pair.PublicKey);
            if (X25519.CalculateAgreement(secret, 0, other, 0, theirs, 0))
                Assert.Equal(theirs, Curve25519.Agree(secret, other));
            else
                Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Agree(secret, other));
        }, iter: 100);

    [Fact]
    public void BouncyCastle_verifies_our_signatures_and_we_verify_what_it_verifies() =>
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[0, 200], Gen.Int[0, 511]).Sample((secret, message, bit) =>
        {
            var pair = KeyPair.FromPrivate(secret);
            var signature = XEdDsa.Sign(secret, message);
            Assert.True(VerifyWithBouncyCastle(pair.PublicKey, message, signature));
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(VerifyWithBouncyCastle(pair.PublicKey, message, signature), XEdDsa.Verify(pair.PublicKey, message, signature));
        }, iter: 100);

    [Fact]
    public void Field_arithmetic_matches_BigInteger() =>
        Gen.Select(Element, Element).Sample((a, b) =>
        {
            Field25519 x = Field25519.Read(a), y = Field25519.Read(b);
            BigInteger bx = ToBig(a), by = ToBig(b);
            Assert.Equal((bx + by) % P, FromField(x + y));
            Assert.Equal((bx - by + P) % P, FromField(x - y));
            Assert.Equal(bx * by % P, FromField(x * y));
            Assert.Equal((bx - by + P) * (bx + by) % P, FromField((x - y) * (x + y)));
            Assert.Equal(BigInteger.ModPow(bx, P - 2, P), FromField(x.Invert()));
        }, iter: 2000);

    /// <summary>Random elements mixed with the edges: 0, 1, p−1, p, p+1, 2^255−1 and long runs of ones.</summary>
    private static Gen<byte[]> Element => Gen.OneOf(Gen.Byte.Array[32], Gen.Int[0, 40].Select(i => Bytes((P - 20 + i) & (BigInteger.Pow(2, 256) - 1))),
        Gen.Int[0, 30].Select(i => Bytes(i)), Gen.Int[0, 255].Select(i => Bytes(BigInteger.Pow(2, i) - 1)), Gen.Int[0, 255].Select(i => Bytes(BigInteger.Pow(2, 256) - BigInteger.Pow(2, i))));

    private static bool VerifyWithBouncyCastle(byte[] publicKey, byte[] message, byte[] signature)
    {
        var u = ToBig(publicKey);
        var point = Bytes((u - 1 + P) * BigInteger.ModPow(u + 1, P - 2, P) % P);
        point[31] |= (byte)(signature[63] & 0x80);
        var plain = signature.ToArray();
        plain[63] &= 0x7F;
        return Ed25519.Verify(plain, 0, point, 0, message, 0, message.Length);
    }

    private static BigInteger ToBig(byte[] bytes) => (new BigInteger(bytes, isUnsigned: true) & (BigInteger.Pow(2, 255) - 1)) % P;

    private static BigInteger FromField(Field25519 value)
    {
        var bytes = new byte[32];
        value.Write(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }

    private static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        value.ToByteArray(isUnsigned: true).CopyTo(bytes, 0);
        return bytes;
    }
}
