using System.Buffers;

namespace WhatsApp.Protocol.Noise;

/// <summary>
/// Reads the fields of the few protobuf messages of the handshake: numbers and byte strings, anything else is skipped.
/// Kept by hand so that this layer is free of generated code.
/// </summary>
internal ref struct ProtoFields(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Field number of the current field.</summary>
    internal int Field { get; private set; }

    /// <summary>Value of a varint field, else 0.</summary>
    internal ulong Number { get; private set; }

    /// <summary>Value of a length-delimited field, else empty.</summary>
    internal ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Moves to the next field; false at the end.</summary>
    /// <exception cref="NoiseException">Not protobuf.</exception>
    internal bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var tag = Varint();
        if (tag >> 3 is 0 or > 0x1FFFFFFF)
            throw Bad();
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0: Number = Varint(); break;
            case 1: Take(8); break;
            case 2: Bytes = Take(Varint()); break;
            case 5: Take(4); break;
            default: throw Bad();
        }
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < 10 && i < _rest.Length; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] >= 0x80)
                continue;
            _rest = _rest[(i + 1)..];
            return value;
        }
        throw Bad();
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
            throw Bad();
        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private static NoiseException Bad() => new("A handshake message is not valid protobuf.");

    /// <summary>Appends a byte-string field.</summary>
    internal static void Write(ArrayBufferWriter<byte> output, int field, ReadOnlySpan<byte> value)
    {
        WriteVarint(output, (ulong)(field << 3 | 2));
        WriteVarint(output, (ulong)value.Length);
        output.Write(value);
    }

    /// <summary>Appends a number field, zero included.</summary>
    internal static void Write(ArrayBufferWriter<byte> output, int field, ulong value)
    {
        WriteVarint(output, (ulong)(field << 3));
        WriteVarint(output, value);
    }

    private static void WriteVarint(ArrayBufferWriter<byte> output, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            output.Write([(byte)(value | 0x80)]);
        output.Write([(byte)value]);
    }
}
