using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.PreKeyUpload;

/// <summary>
/// What the server has of our keys (wire/01 §8.3):
/// <code>&lt;digest&gt;&lt;registration/&gt;&lt;type/&gt;&lt;identity/&gt;&lt;skey&gt;{id, value, signature}&lt;/skey&gt;&lt;list&gt;{id × n}&lt;/list&gt;&lt;hash/&gt;&lt;/digest&gt;</code>
/// </summary>
/// <param name="Registration">Registration id.</param>
/// <param name="Identity">32 bytes.</param>
/// <param name="SignedKeyId">Of the signed pre-key.</param>
/// <param name="SignedKey">32 bytes.</param>
/// <param name="Signature">64 bytes.</param>
/// <param name="Ids">One-time keys the server still has, in its order.</param>
/// <param name="Hash">At most 20 bytes.</param>
internal sealed record KeyDigest(
    uint Registration, ReadOnlyMemory<byte> Identity, uint SignedKeyId, ReadOnlyMemory<byte> SignedKey, ReadOnlyMemory<byte> Signature,
    IReadOnlyList<uint> Ids, ReadOnlyMemory<byte> Hash)
{
    private const int MostIds = 20_000;

    /// <summary>Reads the server's answer; null when a part is missing or impossible.</summary>
    public static KeyDigest? Read(Node answer)
    {
        var digest = answer.Child("digest");
        var signed = digest?.Child("skey");
        var ids = digest?.Child("list")?.Children;
        if (digest is null || signed is null || ids is null || ids.Count > MostIds
            || digest.Child("identity")?.Bytes is not { Length: 32 } identity
            || signed.Child("value")?.Bytes is not { Length: 32 } value
            || signed.Child("signature")?.Bytes is not { Length: 64 } signature
            || digest.Child("hash")?.Bytes is not { Length: > 0 and <= 20 } hash)
            return null;
        return new KeyDigest(Number(digest.Child("registration")), identity, Number(signed.Child("id")), value, signature, [.. ids.Select(Number)], hash);
    }

    /// <summary>True when the server has exactly what we have.</summary>
    /// <param name="credentials">Ours.</param>
    /// <param name="keys">Our one-time keys of <see cref="Ids"/>, as far as we have them.</param>
    public bool Fits(DeviceCredentials credentials, IReadOnlyDictionary<uint, PreKey> keys)
    {
        var signed = credentials.SignedPreKeys[0];
        if (Registration != credentials.Identity.RegistrationId || SignedKeyId != signed.Id
            || !Identity.Span.SequenceEqual(credentials.Identity.IdentityKey.PublicKey)
            || !SignedKey.Span.SequenceEqual(signed.Keys.PublicKey) || !Signature.Span.SequenceEqual(signed.Signature))
            return false;
        return Ids.All(keys.ContainsKey)
            && PreKeyDigest.Matches(PreKeyDigest.Compute(Identity.Span, signed, Ids.Select(id => keys[id])), Hash.Span);
    }

    private static uint Number(Node? node)
    {
        uint number = 0;
        if (node?.Bytes is { Length: <= 4 } bytes)
            foreach (var digit in bytes.Span)
                number = (number << 8) | digit;
        return number;
    }
}
