using System.Buffers.Binary;

namespace WhatsApp.Protocol.Media.Pictures;

/// <summary>
/// The chunks of a WebP file: <c>RIFF size WEBP</c>, then <c>name(4) size(4 LE) bytes [pad]</c> each. Extended files begin with
/// VP8X: flags(1) 0(3) width−1(3 LE) height−1(3 LE).
/// </summary>
internal static class WebpFile
{
    private const int HeaderSize = 12;
    private const int ChunkHeaderSize = 8;
    private const int Vp8XSize = 10;
    private const byte ExifFlag = 0x08, AlphaFlag = 0x10;

    /// <summary>VP8X and a frame chunk are there.</summary>
    public static bool IsAnimated(ReadOnlySpan<byte> webp) => FirstFrameLength(webp) > 0;

    /// <summary>Bytes up to the end of the first ANMF chunk (wire/05 §6); 0 when the file is not animated.</summary>
    public static int FirstFrameLength(ReadOnlySpan<byte> webp)
    {
        if (!IsWebp(webp) || !webp[HeaderSize..].StartsWith("VP8X"u8))
            return 0;
        for (var position = HeaderSize; TryChunk(webp, position, out var length); position += length)
            if (webp[position..].StartsWith("ANMF"u8))
                return position + length;
        return 0;
    }

    /// <summary>The file with this EXIF chunk and no other; a simple file becomes an extended one.</summary>
    /// <exception cref="MediaConversionException">Not a WebP file.</exception>
    public static byte[] WithExif(ReadOnlySpan<byte> webp, int width, int height, ReadOnlySpan<byte> exif)
    {
        if (!IsWebp(webp))
            throw new MediaConversionException(ConversionFailure.NotReadable, "The file is not WebP.");
        using var output = new MemoryStream(webp.Length + exif.Length + 64);
        output.Write("RIFF\0\0\0\0WEBP"u8);
        if (!webp[HeaderSize..].StartsWith("VP8X"u8))
            WriteVp8X(output, (byte)(ExifFlag | (HasAlpha(webp) ? AlphaFlag : 0)), width, height);
        for (var position = HeaderSize; TryChunk(webp, position, out var length); position += length)
        {
            var chunk = webp.Slice(position, Math.Min(length, webp.Length - position));
            if (chunk.StartsWith("EXIF"u8))
                continue;
            var start = (int)output.Length;
            output.Write(chunk);
            if (chunk.Length < length)
                output.WriteByte(0);
            if (chunk.StartsWith("VP8X"u8))
                output.GetBuffer()[start + ChunkHeaderSize] |= ExifFlag;
        }
        WriteChunk(output, "EXIF"u8, exif);
        var bytes = output.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), (uint)(bytes.Length - 8));
        return bytes;
    }

    /// <summary>The EXIF chunk's bytes, or empty.</summary>
    public static ReadOnlySpan<byte> Exif(ReadOnlySpan<byte> webp)
    {
        if (IsWebp(webp))
            for (var position = HeaderSize; TryChunk(webp, position, out var length); position += length)
                if (webp[position..].StartsWith("EXIF"u8))
                    return webp.Slice(position + ChunkHeaderSize, (int)BinaryPrimitives.ReadUInt32LittleEndian(webp[(position + 4)..]));
        return [];
    }

    private static bool IsWebp(ReadOnlySpan<byte> bytes) => bytes.Length >= HeaderSize && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8);

    // Length with header and padding; the padding of the last chunk may be missing.
    private static bool TryChunk(ReadOnlySpan<byte> webp, int position, out int length)
    {
        length = 0;
        if (position > webp.Length - ChunkHeaderSize)
            return false;
        var size = BinaryPrimitives.ReadUInt32LittleEndian(webp[(position + 4)..]);
        if (size > webp.Length - position - ChunkHeaderSize)
            return false;
        length = ChunkHeaderSize + (int)size + (int)(size & 1);
        return true;
    }

    // VP8L: signature 2F, 14 bits width−1, 14 bits height−1, then one bit: alpha is used.
    private static bool HasAlpha(ReadOnlySpan<byte> webp) =>
        webp.Length >= HeaderSize + ChunkHeaderSize + 5 && webp[HeaderSize..].StartsWith("VP8L"u8) && (webp[HeaderSize + ChunkHeaderSize + 4] & 0x10) != 0;

    private static void WriteVp8X(MemoryStream output, byte flags, int width, int height)
    {
        Span<byte> body = stackalloc byte[Vp8XSize];
        body.Clear();
        body[0] = flags;
        WriteThreeBytes(body[4..], width - 1);
        WriteThreeBytes(body[7..], height - 1);
        WriteChunk(output, "VP8X"u8, body);
    }

    private static void WriteThreeBytes(Span<byte> target, int value) =>
        (target[0], target[1], target[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));

    private static void WriteChunk(MemoryStream output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> body)
    {
        Span<byte> size = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(size, (uint)body.Length);
        output.Write(name);
        output.Write(size);
        output.Write(body);
        if ((body.Length & 1) != 0)
            output.WriteByte(0);
    }
}
