using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>An add-on does not open: wrong secret, wrong authors, or changed bytes.</summary>
internal sealed class AddOnException(string message) : Exception(message);

/// <summary>What an add-on is for; each has keys of its own (wire/04 §14).</summary>
/// <param name="Label">Text of the key derivation.</param>
/// <param name="BindsAuthor">The message id and the add-on's author are authenticated as well.</param>
internal sealed record AddOnUse(string Label, bool BindsAuthor = false)
{
    public static AddOnUse PollVote { get; } = new("Poll Vote", BindsAuthor: true);
    public static AddOnUse EventResponse { get; } = new("Event Response", BindsAuthor: true);
    public static AddOnUse Reaction { get; } = new("Enc Reaction");
    public static AddOnUse Comment { get; } = new("Enc Comment");
    public static AddOnUse EventEdit { get; } = new("Event Edit");
    public static AddOnUse MessageEdit { get; } = new("Message Edit");
    public static AddOnUse PollEdit { get; } = new("Poll Edit");
    public static AddOnUse PollAddOption { get; } = new("Poll Add Option");

    public static IReadOnlyList<AddOnUse> All { get; } =
        [PollVote, EventResponse, Reaction, Comment, EventEdit, MessageEdit, PollEdit, PollAddOption];
}

/// <summary>The message an add-on belongs to and who made both; JIDs are used without device.</summary>
internal sealed record AddOnParties(string ParentId, Jid ParentAuthor, Jid AddOnAuthor);

/// <summary>Ciphertext ‖ 16-byte tag, and the 12-byte IV.</summary>
internal sealed record SealedBytes(byte[] Payload, byte[] Iv);

/// <summary>
/// Seals add-ons under the parent message's secret (wire/04 §14):
/// key = HKDF-SHA256(secret, info = parentId ‖ parentAuthor ‖ addOnAuthor ‖ use), AES-256-GCM,
/// AAD = parentId ‖ 00 ‖ addOnAuthor for votes and event responses, else empty.
/// </summary>
internal static class AddOnCipher
{
    public const int SecretSize = 32;
    public const int IvSize = 12;
    public const int TagSize = 16;

    public static SealedBytes Seal(ReadOnlySpan<byte> secret, AddOnParties parties, AddOnUse use, ReadOnlySpan<byte> plaintext)
    {
        var iv = RandomNumberGenerator.GetBytes(IvSize);
        return new SealedBytes(Seal(secret, parties, use, plaintext, iv), iv);
    }

    internal static byte[] Seal(ReadOnlySpan<byte> secret, AddOnParties parties, AddOnUse use, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> iv)
    {
        using var cipher = CipherOf(KeyOf(secret, parties, use));
        var output = new byte[plaintext.Length + TagSize];
        cipher.Encrypt(iv, plaintext, output.AsSpan(0, plaintext.Length), output.AsSpan(plaintext.Length), AssociatedData(parties, use));
        return output;
    }

    /// <exception cref="AddOnException">Malformed, another secret or other authors, or changed bytes.</exception>
    public static byte[] Open(ReadOnlySpan<byte> secret, AddOnParties parties, AddOnUse use, SealedBytes box) =>
        TryOpen(KeyOf(secret, parties, use), box, AssociatedData(parties, use)) ?? throw new AddOnException($"The add-on ({use.Label}) does not open.");

    /// <summary>Tries authors and uses in order: which address form a sender used is not signalled.</summary>
    public static (byte[] Plaintext, AddOnUse Use)? TryOpen(
        ReadOnlySpan<byte> secret, IEnumerable<AddOnParties> candidates, IReadOnlyList<AddOnUse> uses, SealedBytes box)
    {
        foreach (var parties in candidates)
            foreach (var use in uses)
                if (TryOpen(KeyOf(secret, parties, use), box, AssociatedData(parties, use)) is { } plaintext)
                    return (plaintext, use);
        return null;
    }

    /// <exception cref="AddOnException">The secret does not have 32 bytes.</exception>
    internal static byte[] KeyOf(ReadOnlySpan<byte> secret, AddOnParties parties, AddOnUse use)
    {
        if (secret.Length != SecretSize)
            throw new AddOnException("A message secret has 32 bytes.");
        return Expand(secret, $"{parties.ParentId}{parties.ParentAuthor.ToAccount()}{parties.AddOnAuthor.ToAccount()}{use.Label}");
    }

    internal static byte[] AssociatedData(AddOnParties parties, AddOnUse use) =>
        use.BindsAuthor ? Encoding.UTF8.GetBytes($"{parties.ParentId}\0{parties.AddOnAuthor.ToAccount()}") : [];

    internal static byte[] Expand(ReadOnlySpan<byte> secret, string info)
    {
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, [], Encoding.UTF8.GetBytes(info));
        return key;
    }

    internal static byte[]? TryOpen(byte[] key, SealedBytes box, ReadOnlySpan<byte> associated)
    {
        if (box.Iv.Length != IvSize || box.Payload.Length < TagSize)
            return null;
        using var cipher = CipherOf(key);
        var plaintext = new byte[box.Payload.Length - TagSize];
        try
        {
            cipher.Decrypt(box.Iv, box.Payload.AsSpan(0, plaintext.Length), box.Payload.AsSpan(plaintext.Length), plaintext, associated);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static AesGcm CipherOf(byte[] key)
    {
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }
}
