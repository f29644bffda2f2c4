using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Phones;

/// <summary>The message an add-on belongs to, and who made both.</summary>
internal sealed record AddOnParties(string ParentId, Jid ParentAuthor, Jid Author);

/// <summary>
/// Add-ons sealed under the parent's secret (wire/04 §14): key = HKDF-SHA256(secret, parentId ‖ parentAuthor ‖ author ‖ use),
/// AES-256-GCM, tag appended; the AAD of votes and event answers is parentId ‖ 00 ‖ author, of others empty.
/// </summary>
internal static class PhoneAddOns
{
    public const string PollVote = "Poll Vote";
    public const string EventResponse = "Event Response";
    public const string Reaction = "Enc Reaction";
    private const int TagSize = 16;

    /// <summary>How a vote names an option.</summary>
    public static byte[] HashOf(string option) => SHA256.HashData(Encoding.UTF8.GetBytes(option));

    public static (ByteString Payload, ByteString Iv) Seal(byte[] secret, AddOnParties parties, string use, byte[] plaintext)
    {
        var iv = RandomNumberGenerator.GetBytes(12);
        using var cipher = new AesGcm(Key(secret, parties, use), TagSize);
        var output = new byte[plaintext.Length + TagSize];
        cipher.Encrypt(iv, plaintext, output.AsSpan(0, plaintext.Length), output.AsSpan(plaintext.Length), Associated(parties, use));
        return (ByteString.CopyFrom(output), ByteString.CopyFrom(iv));
    }

    /// <summary>The plaintext, or null when it does not open.</summary>
    public static byte[]? Open(byte[] secret, AddOnParties parties, string use, ByteString payload, ByteString iv)
    {
        if (payload.Length < TagSize || iv.Length != 12)
            return null;
        using var cipher = new AesGcm(Key(secret, parties, use), TagSize);
        var plaintext = new byte[payload.Length - TagSize];
        try
        {
            cipher.Decrypt(iv.Span, payload.Span[..^TagSize], payload.Span[^TagSize..], plaintext, Associated(parties, use));
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] Key(byte[] secret, AddOnParties parties, string use) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, secret, 32, [], Encoding.UTF8.GetBytes($"{parties.ParentId}{parties.ParentAuthor.ToAccount()}{parties.Author.ToAccount()}{use}"));

    private static byte[] Associated(AddOnParties parties, string use) =>
        use is PollVote or EventResponse ? Encoding.UTF8.GetBytes($"{parties.ParentId}\0{parties.Author.ToAccount()}") : [];
}
