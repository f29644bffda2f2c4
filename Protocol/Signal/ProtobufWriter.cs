namespace WhatsApp.Protocol.Signal;

/// <summary>Writes protobuf fields into a buffer whose size was computed before with the same class.</summary>
internal ref struct ProtobufWriter(Span<byte> buffer)
{
    private Span<byte> _rest = buffer;

    /// <summary>Size of a varint field with a one-byte tag.</summary>
    public static int SizeOf(uint value) => 1 + VarintSize(value);

    /// <summary>Size of a length-delimited field with a one-byte tag.</summary>
    public static int SizeOfBytes(int length) => 1 + VarintSize((uint)length) + length;

    /// <summary>A varint field, written even when 0.</summary>
    public void Write(int field, uint value)
    {
        Byte((byte)(field << 3));
        Varint(value);
    }

    /// <summary>A length-delimited field; returns the place of its value.</summary>
    public Span<byte> Reserve(int field, int length)
    {
        Byte((byte)(field << 3 | 2));
        Varint((uint)length);
        var value = _rest[..length];
        _rest = _rest[length..];
        return value;
    }

    /// <summary>A public key, 05 ‖ raw.</summary>
    public void WriteKey(int field, ReadOnlySpan<byte> raw) => SignalWire.WriteKey(Reserve(field, SignalWire.KeySize), raw);

    private static int VarintSize(uint value)
    {
        var size = 1;
        for (; value >= 0x80; value >>= 7)
            size++;
        return size;
    }

    private void Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    private void Byte(byte value)
    {
        _rest[0] = value;
        _rest = _rest[1..];
    }
}
