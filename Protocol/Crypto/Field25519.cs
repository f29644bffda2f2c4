using System.Buffers.Binary;

namespace WhatsApp.Protocol.Crypto;

/// <summary>
/// Numbers modulo p = 2^255 − 19 in five limbs of 51 bits: only what the Montgomery → Edwards map of
/// <see cref="XEdDsa"/> needs, because libsodium exports no field inversion. Public data only.
/// </summary>
internal readonly struct Field25519
{
    private const ulong Mask = (1UL << 51) - 1;

    private readonly ulong _l0, _l1, _l2, _l3, _l4;

    private Field25519(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4) => (_l0, _l1, _l2, _l3, _l4) = (l0, l1, l2, l3, l4);

    internal static Field25519 One => new(1, 0, 0, 0, 0);

    /// <summary>32 bytes little endian; bit 255 is ignored, values from p to 2^255 − 1 are taken modulo p.</summary>
    internal static Field25519 Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[6..]) >> 3) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]) >> 6) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[19..]) >> 1) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]) >> 12) & Mask);

    /// <summary>The least non-negative representative, 32 bytes little endian.</summary>
    internal void Write(Span<byte> bytes)
    {
        var c = Carry(Carry(this));
        // c < 2^255 + small: adding 19 overflows bit 255 exactly when c ≥ p, and the overflow is the multiple of p to drop.
        var q = (c._l0 + 19) >> 51;
        q = (c._l1 + q) >> 51;
        q = (c._l2 + q) >> 51;
        q = (c._l3 + q) >> 51;
        q = (c._l4 + q) >> 51;
        var l0 = c._l0 + 19 * q;
        var l1 = c._l1 + (l0 >> 51);
        var l2 = c._l2 + (l1 >> 51);
        var l3 = c._l3 + (l2 >> 51);
        var l4 = c._l4 + (l3 >> 51);
        (l0, l1, l2, l3, l4) = (l0 & Mask, l1 & Mask, l2 & Mask, l3 & Mask, l4 & Mask);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, l0 | l1 << 51);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], l1 >> 13 | l2 << 38);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], l2 >> 26 | l3 << 25);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], l3 >> 39 | l4 << 12);
    }

    public static Field25519 operator +(in Field25519 a, in Field25519 b) =>
        Carry(new(a._l0 + b._l0, a._l1 + b._l1, a._l2 + b._l2, a._l3 + b._l3, a._l4 + b._l4));

    public static Field25519 operator -(in Field25519 a, in Field25519 b) => Carry(new( // 4p is added: no limb can go below zero
        a._l0 + 4 * (Mask - 18) - b._l0, a._l1 + 4 * Mask - b._l1, a._l2 + 4 * Mask - b._l2, a._l3 + 4 * Mask - b._l3, a._l4 + 4 * Mask - b._l4));

    public static Field25519 operator *(in Field25519 a, in Field25519 b)
    {
        // Limb i·j lands on i+j; from limb 5 on it wraps to i+j−5 with a factor 19 (2^255 ≡ 19).
        ulong b1 = 19 * b._l1, b2 = 19 * b._l2, b3 = 19 * b._l3, b4 = 19 * b._l4;
        var r0 = default(Wide).Add(a._l0, b._l0).Add(a._l1, b4).Add(a._l2, b3).Add(a._l3, b2).Add(a._l4, b1);
        var r1 = default(Wide).Add(a._l0, b._l1).Add(a._l1, b._l0).Add(a._l2, b4).Add(a._l3, b3).Add(a._l4, b2).Add(r0.Shift51);
        var r2 = default(Wide).Add(a._l0, b._l2).Add(a._l1, b._l1).Add(a._l2, b._l0).Add(a._l3, b4).Add(a._l4, b3).Add(r1.Shift51);
        var r3 = default(Wide).Add(a._l0, b._l3).Add(a._l1, b._l2).Add(a._l2, b._l1).Add(a._l3, b._l0).Add(a._l4, b4).Add(r2.Shift51);
        var r4 = default(Wide).Add(a._l0, b._l4).Add(a._l1, b._l3).Add(a._l2, b._l2).Add(a._l3, b._l1).Add(a._l4, b._l0).Add(r3.Shift51);
        var l0 = r0.Low51 + 19 * r4.Shift51;
        return new(l0 & Mask, r1.Low51 + (l0 >> 51), r2.Low51, r3.Low51, r4.Low51);
    }

    /// <summary>a^(p−2): the inverse; 0 for 0.</summary>
    internal Field25519 Invert()
    {
        var z2 = this * this;                            // 2
        var z9 = z2.Square(2) * this;                    // 9
        var z11 = z9 * z2;                               // 11
        var z5 = z11 * z11 * z9;                         // 2^5 − 1
        var z10 = z5.Square(5) * z5;                     // 2^10 − 1
        var z20 = z10.Square(10) * z10;                  // 2^20 − 1
        var z40 = z20.Square(20) * z20;
        var z50 = z40.Square(10) * z10;
        var z100 = z50.Square(50) * z50;
        var z200 = z100.Square(100) * z100;
        var z250 = z200.Square(50) * z50;                // 2^250 − 1
        return z250.Square(5) * z11;                     // 2^255 − 21 = p − 2
    }

    private Field25519 Square(int times)
    {
        var r = this;
        for (var i = 0; i < times; i++)
            r *= r;
        return r;
    }

    private static Field25519 Carry(in Field25519 a)
    {
        var l1 = a._l1 + (a._l0 >> 51);
        var l2 = a._l2 + (l1 >> 51);
        var l3 = a._l3 + (l2 >> 51);
        var l4 = a._l4 + (l3 >> 51);
        return new((a._l0 & Mask) + 19 * (l4 >> 51), l1 & Mask, l2 & Mask, l3 & Mask, l4 & Mask);
    }

    /// <summary>A 128-bit sum of products.</summary>
    private readonly struct Wide(ulong high, ulong low)
    {
        private readonly ulong _high = high, _low = low;

        internal ulong Low51 => _low & Mask;

        internal ulong Shift51 => _high << 13 | _low >> 51;

        internal Wide Add(ulong a, ulong b)
        {
            var top = Math.BigMul(a, b, out var bottom);
            bottom += _low;
            return new(top + _high + (bottom < _low ? 1UL : 0UL), bottom);
        }

        internal Wide Add(ulong value)
        {
            var bottom = _low + value;
            return new(_high + (bottom < value ? 1UL : 0UL), bottom);
        }
    }
}
