using System.Buffers.Binary;

namespace WhatsApp.Protocol.Signal;

/// <summary>
/// Seeds of message keys kept for messages that were overtaken, ascending by counter. Immutable; one flat array of
/// 36-byte entries: counter (4, big endian) ‖ seed (32). The same bytes are stored.
/// </summary>
internal readonly struct SkippedKeys(ReadOnlyMemory<byte> entries)
{
    /// <summary>Length of one entry, bytes.</summary>
    public const int EntrySize = 4 + SignalWire.RawKeySize;

    /// <summary>All entries.</summary>
    public ReadOnlyMemory<byte> Entries { get; } = entries;

    public int Count => Entries.Length / EntrySize;

    public uint Counter(int index) => BinaryPrimitives.ReadUInt32BigEndian(Entry(index));

    public ReadOnlySpan<byte> Seed(int index) => Entry(index)[4..];

    /// <summary>Place of a counter's entry, or negative.</summary>
    public int Find(uint counter)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = Counter(middle);
            if (found == counter)
                return middle;
            if (found < counter)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }

    public SkippedKeys Without(int index)
    {
        var rest = new byte[Entries.Length - EntrySize];
        Entries.Span[..(index * EntrySize)].CopyTo(rest);
        Entries.Span[((index + 1) * EntrySize)..].CopyTo(rest.AsSpan(index * EntrySize));
        return new(rest);
    }

    /// <summary>
    /// A larger array: the newest of our entries, then room for <paramref name="added"/> more at the end; together at most the limit.
    /// </summary>
    public byte[] Extend(int added)
    {
        var kept = Math.Min(Count, SignalLimits.SkippedKeysPerChain - added);
        var extended = new byte[(kept + added) * EntrySize];
        Entries.Span[((Count - kept) * EntrySize)..].CopyTo(extended);
        return extended;
    }

    public static void WriteCounter(Span<byte> entry, uint counter) => BinaryPrimitives.WriteUInt32BigEndian(entry, counter);

    private ReadOnlySpan<byte> Entry(int index) => Entries.Span.Slice(index * EntrySize, EntrySize);
}
