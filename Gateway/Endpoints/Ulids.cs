using System.Security.Cryptography;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>Ids made here: sortable by time, 26 characters of Crockford base 32.</summary>
internal static class Ulids
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string New(TimeProvider time)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        var value = new UInt128(0, 0);
        foreach (var b in bytes[6..])
            value = (value << 8) | b;
        value |= (UInt128)(ulong)time.GetUtcNow().ToUnixTimeMilliseconds() << 80;
        return string.Create(26, value, static (text, bits) =>
        {
            for (var i = text.Length - 1; i >= 0; i--, bits >>= 5)
                text[i] = Alphabet[(int)(bits & 31)];
        });
    }
}
