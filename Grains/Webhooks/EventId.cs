using System.Security.Cryptography;

namespace WhatsApp.Grains.Webhooks;

/// <summary>Event ids: <c>evt_</c> + ULID (48 bits of milliseconds, 80 random bits, Crockford base 32).</summary>
public static class EventId
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A fresh id.</summary>
    /// <param name="milliseconds">Since the Unix epoch.</param>
    public static string New(long milliseconds) => "evt_" + NewUlid(milliseconds);

    /// <summary>A fresh ULID, 26 characters.</summary>
    public static string NewUlid(long milliseconds)
    {
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);
        UInt128 value = (UInt128)(ulong)milliseconds << 80;
        for (var i = 0; i < random.Length; i++)
            value |= (UInt128)random[i] << (72 - 8 * i);
        return string.Create(26, value, static (text, bits) =>
        {
            for (var i = text.Length - 1; i >= 0; i--, bits >>= 5)
                text[i] = Alphabet[(int)(bits & 31)];
        });
    }
}
