using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Pairing;

/// <summary>What the companion sends in companion_finish, and the secret both sides now share.</summary>
/// <param name="Bundle">156 bytes.</param>
/// <param name="AdvSecret">32 bytes: to be stored before the bundle is sent.</param>
public sealed record LinkCodeFinish(byte[] Bundle, byte[] AdvSecret);

/// <summary>
/// Agreement on the ADV secret by link code, both roles (wire/01 §7.2–§7.4):
/// <code>
/// bundle    = salt(32) ‖ iv(12) ‖ AES-256-GCM(HKDF(sharedE, salt, "link_code_pairing_key_bundle_encryption_key"), iv, companionId ‖ primaryId ‖ random(32))
/// advSecret = HKDF(sharedE ‖ sharedI ‖ random, no salt, "adv_secret")
/// </code>
/// </summary>
public static class LinkCodeExchange
{
    /// <summary>Length of a bundle.</summary>
    public const int BundleSize = SaltSize + IvSize + PlainSize + TagSize;

    private const int KeySize = 32;
    private const int SaltSize = 32;
    private const int IvSize = 12;
    private const int TagSize = 16;
    private const int PlainSize = 3 * KeySize;

    /// <summary>Companion, on primary_hello.</summary>
    /// <param name="code">The code on show.</param>
    /// <param name="ephemeral">The pair whose public half was wrapped in companion_hello.</param>
    /// <param name="identity">Our identity key pair.</param>
    /// <param name="wrappedPrimaryEphemeral">80 bytes.</param>
    /// <param name="primaryIdentityKey">The account's identity key, 32 bytes.</param>
    /// <exception cref="LinkCodeException">Wrong length or unusable key.</exception>
    public static LinkCodeFinish Finish(LinkCode code, KeyPair ephemeral, KeyPair identity, ReadOnlySpan<byte> wrappedPrimaryEphemeral, ReadOnlySpan<byte> primaryIdentityKey) =>
        Finish(code, ephemeral, identity, wrappedPrimaryEphemeral, primaryIdentityKey,
            RandomNumberGenerator.GetBytes(SaltSize), RandomNumberGenerator.GetBytes(IvSize), RandomNumberGenerator.GetBytes(KeySize));

    internal static LinkCodeFinish Finish(LinkCode code, KeyPair ephemeral, KeyPair identity, ReadOnlySpan<byte> wrappedPrimaryEphemeral,
        ReadOnlySpan<byte> primaryIdentityKey, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> random)
    {
        if (primaryIdentityKey.Length != KeySize)
            throw new LinkCodeException(LinkCodeFailure.Malformed, "an identity key has 32 bytes");
        var sharedEphemeral = Agree(ephemeral, LinkCodeKeyWrap.Unwrap(wrappedPrimaryEphemeral, code));
        var sharedIdentity = Agree(identity, primaryIdentityKey);

        var bundle = new byte[BundleSize];
        salt.CopyTo(bundle);
        iv.CopyTo(bundle.AsSpan(SaltSize));
        using var gcm = BundleCipher(sharedEphemeral, salt);
        gcm.Encrypt(iv, [.. identity.PublicKey, .. primaryIdentityKey, .. random],
            bundle.AsSpan(SaltSize + IvSize, PlainSize), bundle.AsSpan(SaltSize + IvSize + PlainSize));
        return new(bundle, AdvSecret(sharedEphemeral, sharedIdentity, random));
    }

    /// <summary>Phone, on companion_finish: checks the bundle and gives the ADV secret, 32 bytes.</summary>
    /// <param name="bundle">156 bytes.</param>
    /// <param name="ephemeral">The phone's ephemeral pair of primary_hello.</param>
    /// <param name="identity">The account's identity key pair.</param>
    /// <param name="companionEphemeralKey">Unwrapped from companion_hello, 32 bytes.</param>
    /// <param name="companionIdentityKey">As companion_finish states it, 32 bytes.</param>
    /// <exception cref="LinkCodeException">With the failed check; a wrong code shows here.</exception>
    public static byte[] OpenBundle(ReadOnlySpan<byte> bundle, KeyPair ephemeral, KeyPair identity, ReadOnlySpan<byte> companionEphemeralKey, ReadOnlySpan<byte> companionIdentityKey)
    {
        if (bundle.Length != BundleSize || companionIdentityKey.Length != KeySize || companionEphemeralKey.Length != KeySize)
            throw new LinkCodeException(LinkCodeFailure.Malformed, "a bundle has 156 bytes, a key 32");
        var sharedEphemeral = Agree(ephemeral, companionEphemeralKey);
        Span<byte> plain = stackalloc byte[PlainSize];
        using (var gcm = BundleCipher(sharedEphemeral, bundle[..SaltSize]))
            try
            {
                gcm.Decrypt(bundle.Slice(SaltSize, IvSize), bundle.Slice(SaltSize + IvSize, PlainSize), bundle[^TagSize..], plain);
            }
            catch (AuthenticationTagMismatchException e)
            {
                throw new LinkCodeException(LinkCodeFailure.WrongCode, "the bundle does not open: the codes differ", e);
            }
        if (!plain[..KeySize].SequenceEqual(companionIdentityKey) || !plain.Slice(KeySize, KeySize).SequenceEqual(identity.PublicKey))
            throw new LinkCodeException(LinkCodeFailure.IdentityMismatch, "the bundle names other identities");
        return AdvSecret(sharedEphemeral, Agree(identity, companionIdentityKey), plain[(2 * KeySize)..]);
    }

    private static AesGcm BundleCipher(ReadOnlySpan<byte> sharedEphemeral, ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, sharedEphemeral, key, salt, "link_code_pairing_key_bundle_encryption_key"u8);
        try
        {
            return new AesGcm(key, TagSize);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] AdvSecret(ReadOnlySpan<byte> sharedEphemeral, ReadOnlySpan<byte> sharedIdentity, ReadOnlySpan<byte> random)
    {
        var secret = new byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, [.. sharedEphemeral, .. sharedIdentity, .. random], secret, [], "adv_secret"u8);
        return secret;
    }

    private static byte[] Agree(KeyPair own, ReadOnlySpan<byte> other)
    {
        try
        {
            return Curve25519.Agree(own.PrivateKey, other);
        }
        catch (InvalidPublicKeyException e)
        {
            throw new LinkCodeException(LinkCodeFailure.InvalidKey, "an unusable public key", e);
        }
    }
}
