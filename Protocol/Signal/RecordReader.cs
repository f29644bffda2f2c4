using System.Buffers.Binary;

namespace WhatsApp.Protocol.Signal;

/// <summary>Reads our storage formats; see <see cref="RecordWriter"/>. Whatever does not fit is a <see cref="SignalException"/>.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    public readonly bool AtEnd => _rest.IsEmpty;

    public static SignalException Unreadable() => new(RetryReason.InvalidSession, "The stored session record cannot be read.");

    public byte Byte(byte max = byte.MaxValue)
    {
        var value = Bytes(1)[0];
        return value <= max ? value : throw Unreadable();
    }

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    public byte[] Key() => Bytes(SignalWire.RawKeySize).ToArray();

    public MessageChain Chain()
    {
        var chainKey = Key();
        var next = UInt32();
        var count = BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));
        if (count > SignalLimits.SkippedKeysPerChain)
            throw Unreadable();
        var skipped = new SkippedKeys(Bytes(count * SkippedKeys.EntrySize).ToArray());
        for (var i = 0; i < count; i++)
            if (skipped.Counter(i) >= next || (i > 0 && skipped.Counter(i) <= skipped.Counter(i - 1)))
                throw Unreadable();
        return new MessageChain(chainKey, next, skipped);
    }

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _rest.Length)
            throw Unreadable();
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
