using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>
/// The first secret of a session (wire/03 §4): <c>FF×32 ‖ DH1 ‖ DH2 ‖ DH3 [‖ DH4]</c>, stretched to a root key and a chain key.
/// Both sides put the same agreements in the same order.
/// </summary>
internal static class X3dh
{
    private const int Size = SignalWire.RawKeySize;
    private const int MostParts = 5;

    /// <summary>The side that fetched the bundle. A null <paramref name="theirOneTime"/> means three agreements.</summary>
    /// <exception cref="InvalidPublicKeyException">Low-order point.</exception>
    public static (byte[] RootKey, byte[] ChainKey) AsInitiator(KeyPair identity, KeyPair baseKey, ReadOnlySpan<byte> theirIdentity, ReadOnlySpan<byte> theirSigned, byte[]? theirOneTime)
    {
        Span<byte> secret = stackalloc byte[MostParts * Size];
        secret[..Size].Fill(0xFF);
        Curve25519.Agree(identity.PrivateKey, theirSigned, Part(secret, 1));
        Curve25519.Agree(baseKey.PrivateKey, theirIdentity, Part(secret, 2));
        Curve25519.Agree(baseKey.PrivateKey, theirSigned, Part(secret, 3));
        if (theirOneTime is not null)
            Curve25519.Agree(baseKey.PrivateKey, theirOneTime, Part(secret, 4));
        return Finish(secret, theirOneTime is null ? 4 : 5);
    }

    /// <summary>The side whose bundle was fetched.</summary>
    /// <exception cref="InvalidPublicKeyException">Low-order point.</exception>
    public static (byte[] RootKey, byte[] ChainKey) AsResponder(KeyPair identity, KeyPair signed, KeyPair? oneTime, ReadOnlySpan<byte> theirIdentity, ReadOnlySpan<byte> theirBase)
    {
        Span<byte> secret = stackalloc byte[MostParts * Size];
        secret[..Size].Fill(0xFF);
        Curve25519.Agree(signed.PrivateKey, theirIdentity, Part(secret, 1));
        Curve25519.Agree(identity.PrivateKey, theirBase, Part(secret, 2));
        Curve25519.Agree(signed.PrivateKey, theirBase, Part(secret, 3));
        if (oneTime is not null)
            Curve25519.Agree(oneTime.PrivateKey, theirBase, Part(secret, 4));
        return Finish(secret, oneTime is null ? 4 : 5);
    }

    private static Span<byte> Part(Span<byte> secret, int index) => secret.Slice(index * Size, Size);

    private static (byte[] RootKey, byte[] ChainKey) Finish(Span<byte> secret, int parts)
    {
        var rootKey = new byte[Size];
        var chainKey = new byte[Size];
        RatchetKeys.FromAgreements(secret[..(parts * Size)], rootKey, chainKey);
        CryptographicOperations.ZeroMemory(secret);
        return (rootKey, chainKey);
    }
}
