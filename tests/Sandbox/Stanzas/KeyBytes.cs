using System.Buffers.Binary;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>Numbers and keys as they stand in stanzas (wire/03 §1): ids 3 bytes, registration ids 4, keys 32 raw.</summary>
internal static class KeyBytes
{
    public static byte[] Id(uint id) => [(byte)(id >> 16), (byte)(id >> 8), (byte)id];

    public static byte[] Registration(uint id)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, id);
        return bytes;
    }

    /// <summary>Big-endian, 1 … 4 bytes; null for anything else.</summary>
    public static uint? Number(Node? node)
    {
        if (node?.Bytes is not { Length: >= 1 and <= 4 } bytes)
            return null;
        uint value = 0;
        foreach (var b in bytes.Span)
            value = (value << 8) | b;
        return value;
    }

    /// <summary>Bytes of exactly this length; null for anything else.</summary>
    public static byte[]? Exactly(Node? node, int length) => node?.Bytes is { } bytes && bytes.Length == length ? bytes.ToArray() : null;

    public static Node Leaf(string tag, byte[] bytes) => new(tag, [], (ReadOnlyMemory<byte>)bytes);
}
