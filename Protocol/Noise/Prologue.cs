namespace WhatsApp.Protocol.Noise;

/// <summary>
/// The first bytes of a connection (wire/01 §2.1-2.2): optional routing prefix <c>"ED" 00 01 LL LL LL routing</c>, then
/// <c>57 41 06 DV</c>. Only the last four enter the handshake hash.
/// </summary>
public static class Prologue
{
    /// <summary>Longest routing info a server here reads, bytes. Real ones are a few bytes.</summary>
    internal const int MaxRoutingInfo = 64 * 1024;

    private const int HeaderSize = 4, PrefixSize = 7;

    private static ReadOnlySpan<byte> Magic => [0x57, 0x41, 0x06];

    private static ReadOnlySpan<byte> RoutingMagic => [0x45, 0x44, 0x00, 0x01];

    /// <summary>What a client writes first. <paramref name="routingInfo"/> empty = no prefix.</summary>
    /// <exception cref="ArgumentException">Routing info of 2^24 bytes or more.</exception>
    public static byte[] Write(byte dictionaryVersion, ReadOnlySpan<byte> routingInfo)
    {
        if (routingInfo.IsEmpty)
            return Header(dictionaryVersion);
        if (routingInfo.Length > FrameBuffer.LargestFrame)
            throw new ArgumentException("Routing info is too long.", nameof(routingInfo));
        return
        [
            .. RoutingMagic, (byte)(routingInfo.Length >> 16), (byte)(routingInfo.Length >> 8), (byte)routingInfo.Length,
            .. routingInfo, .. Magic, dictionaryVersion,
        ];
    }

    /// <summary>The four bytes mixed into the handshake hash.</summary>
    public static byte[] Header(byte dictionaryVersion) => [.. Magic, dictionaryVersion];

    /// <summary>Server side. False = need more bytes. <paramref name="consumed"/> counts prefix and header.</summary>
    /// <param name="bytes">All bytes received so far.</param>
    /// <param name="dictionaryVersion">The token dictionary both sides use on this connection.</param>
    /// <param name="routingInfo">Null without prefix.</param>
    /// <param name="consumed">Bytes that belong to the prologue; 0 when more are needed.</param>
    /// <exception cref="NoiseException">Not a WhatsApp prologue, or absurd routing info; thrown at the first wrong byte.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out byte dictionaryVersion, out byte[]? routingInfo, out int consumed)
    {
        (dictionaryVersion, routingInfo, consumed) = (0, null, 0);
        var header = 0;
        if (!bytes.IsEmpty && bytes[0] == RoutingMagic[0])
        {
            RequirePrefix(bytes, RoutingMagic);
            if (bytes.Length < PrefixSize)
                return false;
            var length = bytes[4] << 16 | bytes[5] << 8 | bytes[6];
            if (length > MaxRoutingInfo)
                throw new NoiseException("The routing info is too long.");
            header = PrefixSize + length;
            if (bytes.Length < header)
                return false;
        }
        RequirePrefix(bytes[header..], Magic);
        if (bytes.Length < header + HeaderSize)
            return false;
        dictionaryVersion = bytes[header + HeaderSize - 1];
        routingInfo = header == 0 ? null : bytes[PrefixSize..header].ToArray();
        consumed = header + HeaderSize;
        return true;
    }

    private static void RequirePrefix(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> magic)
    {
        var known = Math.Min(bytes.Length, magic.Length);
        if (!bytes[..known].SequenceEqual(magic[..known]))
            throw new NoiseException("Not a WhatsApp prologue.");
    }
}
