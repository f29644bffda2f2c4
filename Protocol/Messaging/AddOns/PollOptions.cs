using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>Options of a poll are known in votes by the SHA-256 of their name's UTF-8 bytes, unchanged (wire/04 §14).</summary>
internal static class PollOptions
{
    /// <summary>32 bytes.</summary>
    public static byte[] HashOf(string option) => SHA256.HashData(Encoding.UTF8.GetBytes(option));

    /// <summary>The names of the chosen options in the poll's order; hashes of options the poll does not have are left out.</summary>
    public static IReadOnlyList<string> Chosen(IEnumerable<string> options, IReadOnlyList<byte[]> hashes) =>
        [.. options.Where(option => HashOf(option) is var hash && hashes.Any(chosen => chosen.AsSpan().SequenceEqual(hash)))];
}
