using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>A one-time pre-key.</summary>
public sealed record PreKey(uint Id, KeyPair Keys);

/// <summary>A signed pre-key; signature (64) over 05 ‖ public.</summary>
public sealed record SignedPreKey(uint Id, KeyPair Keys, byte[] Signature);

/// <summary>What the server hands out for a device. Keys raw, 32 bytes; signature 64.</summary>
public sealed record PreKeyBundle(uint RegistrationId, byte[] IdentityKey, uint SignedPreKeyId, byte[] SignedPreKey, byte[] SignedPreKeySignature, uint? PreKeyId, byte[]? PreKey);

/// <summary>Makes pre-keys (wire/03 §3).</summary>
public static class PreKeys
{
    /// <summary>Ids travel as 3 bytes; 0 is never used.</summary>
    public const uint MaxId = 0xFFFFFF;

    private const int MaxRegistrationId = 16380;

    /// <summary>1 … 16380.</summary>
    public static uint NewRegistrationId() => (uint)RandomNumberGenerator.GetInt32(1, MaxRegistrationId + 1);

    /// <summary>Signed by the identity over 05 ‖ public.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Id outside 1 … 0xFFFFFF.</exception>
    public static SignedPreKey NewSigned(uint id, KeyPair identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        RequireId(id);
        var keys = KeyPair.Generate();
        return new SignedPreKey(id, keys, XEdDsa.Sign(identity.PrivateKey, Curve25519.Serialize(keys.PublicKey)));
    }

    /// <summary>Fresh keys with ids start, start+1 … wrapping 0xFFFFFF → 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Start outside 1 … 0xFFFFFF, or a count that would use an id twice.</exception>
    public static IReadOnlyList<PreKey> NewOneTime(uint start, int count)
    {
        RequireId(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, (int)MaxId);
        var keys = new PreKey[count];
        for (var (i, id) = (0, start); i < count; i++, id = NextId(id))
            keys[i] = new PreKey(id, KeyPair.Generate());
        return keys;
    }

    /// <summary>The id after this one (24 bits, never 0).</summary>
    public static uint NextId(uint id) => id >= MaxId ? 1 : id + 1;

    private static void RequireId(uint id)
    {
        ArgumentOutOfRangeException.ThrowIfZero(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id, MaxId);
    }
}
