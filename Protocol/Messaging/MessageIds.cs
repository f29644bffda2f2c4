using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Ids as WhatsApp Web makes them (wire/04 §3): <c>3EB0</c> and 18 hex characters nobody can guess.</summary>
internal static class MessageIds
{
    /// <summary>Longest id accepted from outside.</summary>
    public const int MaxLength = 128;

    /// <summary>3EB0 ‖ hex of the first 9 bytes of SHA-256(seconds as 8 bytes big endian ‖ own JID as N@c.us ‖ 16 random bytes).</summary>
    public static string New(Jid own, DateTimeOffset now)
    {
        var name = Encoding.UTF8.GetBytes($"{own.User}@{Jid.LegacyServer}");
        var input = new byte[8 + name.Length + 16];
        BinaryPrimitives.WriteInt64BigEndian(input, now.ToUnixTimeSeconds());
        name.CopyTo(input, 8);
        RandomNumberGenerator.Fill(input.AsSpan(8 + name.Length));
        return "3EB0" + Convert.ToHexString(SHA256.HashData(input).AsSpan(0, 9));
    }
}
