using System.Security.Cryptography;

namespace WhatsApp.Grains.Abstractions;

/// <summary>Ids that sort by the time they were made: 48 bits of milliseconds, 80 random bits, 26 characters of Crockford base 32.</summary>
public static class Ulid
{
    private const int Length = 26;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A fresh one.</summary>
    /// <param name="milliseconds">Since the Unix epoch.</param>
    public static string New(long milliseconds)
    {
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);
        var value = (UInt128)(ulong)milliseconds;
        foreach (var part in random)
            value = (value << 8) | part;
        return string.Create(Length, value, static (text, bits) =>
        {
            for (var i = text.Length - 1; i >= 0; i--, bits >>= 5)
                text[i] = Alphabet[(int)(bits & 31)];
        });
    }
}
