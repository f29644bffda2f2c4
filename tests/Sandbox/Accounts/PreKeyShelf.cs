using System.Security.Cryptography;

namespace WhatsApp.Sandbox.Accounts;

/// <summary>A one-time pre-key on the server: 24-bit id, public half of 32 bytes.</summary>
internal readonly record struct PublicPreKey(uint Id, byte[] Value);

/// <summary>A signed pre-key on the server.</summary>
internal sealed record PublicSignedPreKey(uint Id, byte[] Value, byte[] Signature);

/// <summary>
/// The public keys one device left with the server (wire/01 §8.3, wire/03 §9). Each one-time key is given out once, oldest first.
/// </summary>
internal sealed class PreKeyShelf
{
    /// <summary>More are refused: a client never needs them.</summary>
    public const int MaxOneTimeKeys = 5000;
    private readonly LinkedList<PublicPreKey> _oneTime = new();
    private readonly HashSet<uint> _ids = [];

    public uint RegistrationId { get; private set; }
    /// <summary>32 bytes; null until known.</summary>
    public byte[]? Identity { get; private set; }
    public PublicSignedPreKey? Signed { get; private set; }
    public int Count => _oneTime.Count;

    /// <summary>Registration, identity and signed key; the one-time keys stay.</summary>
    public void SetIdentity(uint registrationId, byte[] identity, PublicSignedPreKey signed)
    {
        RegistrationId = registrationId;
        Identity = identity;
        Signed = signed;
    }

    /// <summary>Replaces the signed pre-key.</summary>
    public void Rotate(PublicSignedPreKey signed) => Signed = signed;

    /// <summary>Adds one-time keys; an id that is there already keeps its place and key.</summary>
    public void Add(IEnumerable<PublicPreKey> keys)
    {
        foreach (var key in keys)
            if (_oneTime.Count < MaxOneTimeKeys && _ids.Add(key.Id))
                _oneTime.AddLast(key);
    }

    /// <summary>Takes the next one-time key away; null when none is left.</summary>
    public PublicPreKey? Take()
    {
        if (_oneTime.First is not { } first)
            return null;
        _oneTime.RemoveFirst();
        _ids.Remove(first.Value.Id);
        return first.Value;
    }

    /// <summary>Ids of the one-time keys, in order.</summary>
    public IReadOnlyList<uint> Ids => [.. _oneTime.Select(key => key.Id)];

    /// <summary>SHA-1 over identity, signed key, its signature and every one-time key, in order.</summary>
    public byte[] Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Identity ?? []);
        hash.AppendData(Signed?.Value ?? []);
        hash.AppendData(Signed?.Signature ?? []);
        foreach (var key in _oneTime)
            hash.AppendData(key.Value);
        return hash.GetHashAndReset();
    }
}
