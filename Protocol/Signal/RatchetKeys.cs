using System.Security.Cryptography;

namespace WhatsApp.Protocol.Signal;

/// <summary>The key derivations of X3DH and of the double ratchet (wire/03 §4, §5). Every span is 32 bytes unless said otherwise; no salt is the same as 32 zero bytes.</summary>
internal static class RatchetKeys
{
    /// <summary>cipherKey(32) ‖ macKey(32) ‖ iv(16).</summary>
    public const int MessageKeysSize = 80;

    private const int Size = SignalWire.RawKeySize;
    private const int PairSize = 2 * Size;

    /// <summary>HKDF("WhisperText") of FF×32 ‖ DH1 ‖ DH2 ‖ DH3 [‖ DH4].</summary>
    public static void FromAgreements(ReadOnlySpan<byte> secret, Span<byte> rootKey, Span<byte> chainKey) =>
        Split(secret, [], "WhisperText"u8, rootKey, chainKey);

    /// <summary>HKDF("WhisperRatchet") salted with the root key. <paramref name="newRoot"/> may be the same memory as <paramref name="rootKey"/>.</summary>
    public static void RootStep(ReadOnlySpan<byte> rootKey, ReadOnlySpan<byte> agreement, Span<byte> newRoot, Span<byte> chainKey) =>
        Split(agreement, rootKey, "WhisperRatchet"u8, newRoot, chainKey);

    /// <summary>HMAC(ck, 02), in place.</summary>
    public static void NextChain(Span<byte> chainKey)
    {
        Span<byte> next = stackalloc byte[Size];
        HMACSHA256.HashData(chainKey, [2], next);
        next.CopyTo(chainKey);
        CryptographicOperations.ZeroMemory(next);
    }

    /// <summary>HMAC(ck, 01): what message keys are made of, and what is kept for a skipped message.</summary>
    public static void MessageSeed(ReadOnlySpan<byte> chainKey, Span<byte> seed) => HMACSHA256.HashData(chainKey, [1], seed);

    /// <summary>HKDF("WhisperMessageKeys") of a seed, 80 bytes.</summary>
    public static void MessageKeys(ReadOnlySpan<byte> seed, Span<byte> keys) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, keys, [], "WhisperMessageKeys"u8);

    private static void Split(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, Span<byte> first, Span<byte> second)
    {
        Span<byte> both = stackalloc byte[PairSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, both, salt, info);
        both[..Size].CopyTo(first);
        both[Size..].CopyTo(second);
        CryptographicOperations.ZeroMemory(both);
    }
}
