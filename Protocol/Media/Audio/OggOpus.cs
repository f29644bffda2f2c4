using System.Buffers.Binary;

namespace WhatsApp.Protocol.Media.Audio;

/// <summary>An OGG file that holds one Opus stream and nothing else.</summary>
/// <param name="Channels">1 = mono.</param>
/// <param name="Samples">At 48 kHz, which is Opus's only clock whatever rate the encoder was fed with.</param>
internal sealed record OggOpus(int Channels, long Samples)
{
    /// <summary>Opus time, samples per second.</summary>
    public const int SampleRate = 48_000;
    private const int HeaderSize = 27;
    private const int MaxPage = HeaderSize + 255 + 255 * 255;

    /// <summary>Duration.</summary>
    public double Seconds => (double)Samples / SampleRate;

    /// <summary>
    /// Walks all pages (RFC 3533, RFC 7845): one stream, unbroken sequence, right checksums, OpusHead first. Null when any of it is not so.
    /// </summary>
    public static async Task<OggOpus?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, MaxPage, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var page = new byte[MaxPage];
        OpusHead? head = null;
        uint serial = 0, sequence = 0;
        long end = 0;
        while (await ReadPageAsync(file, page, cancellationToken) is var length && length != 0)
        {
            if (length < 0)
                return null;
            var bytes = page.AsMemory(0, length);
            if (head is null)
            {
                serial = SerialOf(bytes.Span);
                head = OpusHead.Read(bytes.Span[(HeaderSize + bytes.Span[26])..]);
                if (head is null)
                    return null;
            }
            if (SerialOf(bytes.Span) != serial || SequenceOf(bytes.Span) != sequence++ || !HasRightChecksum(bytes.Span))
                return null;
            if (GranuleOf(bytes.Span) is var granule and >= 0)
                end = granule;
        }
        return head is null || end <= head.PreSkip ? null : new OggOpus(head.Channels, end - head.PreSkip);
    }

    // 0 = end of file, -1 = not a page.
    private static async Task<int> ReadPageAsync(Stream file, byte[] page, CancellationToken cancellationToken)
    {
        var read = await file.ReadAtLeastAsync(page.AsMemory(0, HeaderSize), HeaderSize, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
            return 0;
        if (read < HeaderSize || !page.AsSpan(0, 5).SequenceEqual("OggS\0"u8))
            return -1;
        int segments = page[26];
        if (await file.ReadAtLeastAsync(page.AsMemory(HeaderSize, segments), segments, throwOnEndOfStream: false, cancellationToken) < segments)
            return -1;
        var body = 0;
        foreach (var size in page.AsSpan(HeaderSize, segments))
            body += size;
        return await file.ReadAtLeastAsync(page.AsMemory(HeaderSize + segments, body), body, throwOnEndOfStream: false, cancellationToken) < body
            ? -1
            : HeaderSize + segments + body;
    }

    private static long GranuleOf(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadInt64LittleEndian(page[6..]);
    private static uint SerialOf(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt32LittleEndian(page[14..]);
    private static uint SequenceOf(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt32LittleEndian(page[18..]);

    // CRC-32 with polynomial 04C11DB7, unreflected, over the page with its own checksum as zero.
    private static bool HasRightChecksum(ReadOnlySpan<byte> page)
    {
        var crc = 0u;
        for (var i = 0; i < page.Length; i++)
            crc = crc << 8 ^ Crc[crc >> 24 ^ (i is >= 22 and < 26 ? 0u : page[i])];
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(page[22..]);
    }

    private static readonly uint[] Crc = [.. Enumerable.Range(0, 256).Select(value =>
    {
        var crc = (uint)value << 24;
        for (var bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000_0000) != 0 ? crc << 1 ^ 0x04C1_1DB7 : crc << 1;
        return crc;
    })];

    private sealed record OpusHead(int Channels, int PreSkip)
    {
        // "OpusHead" version(1) channels(1) pre-skip(2) input rate(4) gain(2) mapping family(1)
        public static OpusHead? Read(ReadOnlySpan<byte> packet) =>
            packet.Length >= 19 && packet.StartsWith("OpusHead"u8) && packet[8] >> 4 == 0 && packet[9] > 0 && packet[18] == 0
                ? new OpusHead(packet[9], BinaryPrimitives.ReadUInt16LittleEndian(packet[10..]))
                : null;
    }
}
