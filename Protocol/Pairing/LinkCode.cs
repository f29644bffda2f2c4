using System.Buffers;
using System.Security.Cryptography;

namespace WhatsApp.Protocol.Pairing;

/// <summary>The eight characters a user types on the phone instead of scanning a QR (wire/01 §7).</summary>
public readonly record struct LinkCode
{
    /// <summary>Five bits a character, no 0, I, O, U.</summary>
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";
    private const int Length = 8;
    private const int ByteCount = 5;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    private readonly string? _value;

    private LinkCode(string value) => _value = value;

    /// <summary>Eight characters, upper case, no dash: the password of the key wrap.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>.</exception>
    public string Value => _value ?? throw new InvalidOperationException("no link code");

    /// <summary>As shown: XXXX-XXXX.</summary>
    public string Display => $"{Value[..4]}-{Value[4..]}";

    /// <summary>A random code.</summary>
    public static LinkCode Generate() => FromBytes(RandomNumberGenerator.GetBytes(ByteCount));

    /// <summary>The code of five bytes, most significant bit first.</summary>
    /// <exception cref="ArgumentException">Not five bytes.</exception>
    public static LinkCode FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != ByteCount)
            throw new ArgumentException("a link code is made of five bytes", nameof(bytes));
        var bits = 0UL;
        foreach (var b in bytes)
            bits = (bits << 8) | b;
        return new(string.Create(Length, bits, static (text, bits) =>
        {
            for (var i = 0; i < Length; i++)
                text[i] = Alphabet[(int)(bits >> (5 * (Length - 1 - i))) & 31];
        }));
    }

    /// <summary>Reads a code in either case, with or without its dash in the middle.</summary>
    public static bool TryParse(string? text, out LinkCode code)
    {
        code = default;
        if (text is { Length: Length + 1 } && text[4] == '-')
            text = text.Remove(4, 1);
        if (text is not { Length: Length })
            return false;
        var upper = text.ToUpperInvariant();
        if (upper.AsSpan().ContainsAnyExcept(Allowed))
            return false;
        code = new(upper);
        return true;
    }

    /// <summary>Says nothing: a code is a secret while it lives.</summary>
    public override string ToString() => "link code";
}
