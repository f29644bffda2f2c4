namespace WhatsApp.Protocol.Signal;

/// <summary>
/// Walks the fields of one small protobuf message without copying. Every length is checked against what is left;
/// groups (wire types 3 and 4), field number 0 and over-long varints are refused.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;
    private const int MaxVarintBytes = 10;

    private ReadOnlySpan<byte> _rest = bytes;
    private int _wireType;

    /// <summary>Number of the field that is next, or 0 at the end. Its value must then be read or skipped.</summary>
    /// <exception cref="SignalException">Malformed tag.</exception>
    public int NextField()
    {
        if (_rest.IsEmpty)
            return 0;
        var tag = ReadVarint();
        _wireType = (int)(tag & 7);
        var number = tag >> 3;
        if (number is 0 or > 0x1FFFFFFF)
            throw Malformed();
        return (int)number;
    }

    /// <exception cref="SignalException">Another wire type, cut short, or more than 32 bits.</exception>
    public uint ReadUInt32()
    {
        if (_wireType != Varint)
            throw Malformed();
        var value = ReadVarint();
        return value <= uint.MaxValue ? (uint)value : throw Malformed();
    }

    /// <exception cref="SignalException">Another wire type, or cut short.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        if (_wireType != LengthDelimited)
            throw Malformed();
        var length = ReadVarint();
        return length <= int.MaxValue ? Take((int)length) : throw Malformed();
    }

    /// <exception cref="SignalException">Unknown wire type, or cut short.</exception>
    public void Skip()
    {
        switch (_wireType)
        {
            case Varint: ReadVarint(); break;
            case Fixed64: Take(8); break;
            case LengthDelimited: ReadBytes(); break;
            case Fixed32: Take(4); break;
            default: throw Malformed();
        }
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var i = 0; i < MaxVarintBytes && i < _rest.Length; i++)
        {
            var part = _rest[i];
            if (i == MaxVarintBytes - 1 && part > 1)
                break;
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }
        throw Malformed();
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
            throw Malformed();
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private static SignalException Malformed() => new(RetryReason.InvalidMessage, "The message's protobuf is malformed.");
}
