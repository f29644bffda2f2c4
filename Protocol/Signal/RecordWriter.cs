using System.Buffers.Binary;

namespace WhatsApp.Protocol.Signal;

/// <summary>Writes our storage formats into a buffer whose size was computed before. Numbers big endian.</summary>
internal ref struct RecordWriter(Span<byte> rest)
{
    private const int ChainHeadSize = SignalWire.RawKeySize + 4 + 2;

    private Span<byte> _rest = rest;

    /// <summary>Bytes <see cref="Chain"/> writes.</summary>
    public static int SizeOf(MessageChain chain) => ChainHeadSize + chain.Skipped.Entries.Length;

    public void Byte(byte value) => Advance(1)[0] = value;

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Advance(4), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Advance(value.Length));

    /// <summary><c>chainKey ‖ next(4) ‖ skipped(2: 0…2000) ‖ { counter(4) ‖ seed(32) }…</c>, counters ascending, below next.</summary>
    public void Chain(MessageChain chain)
    {
        Bytes(chain.ChainKey);
        UInt32(chain.Next);
        BinaryPrimitives.WriteUInt16BigEndian(Advance(2), (ushort)chain.Skipped.Count);
        Bytes(chain.Skipped.Entries.Span);
    }

    private Span<byte> Advance(int count)
    {
        var place = _rest[..count];
        _rest = _rest[count..];
        return place;
    }
}
