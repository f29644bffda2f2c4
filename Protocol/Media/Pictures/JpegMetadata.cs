using System.Buffers.Binary;

namespace WhatsApp.Protocol.Media.Pictures;

/// <summary>Removes what a JPEG says beside its pixels: EXIF (place, camera), XMP, IPTC, comments. Colour profiles stay.</summary>
internal static class JpegMetadata
{
    private const byte StartOfScan = 0xDA, App0 = 0xE0, App1 = 0xE1, App2 = 0xE2, App14 = 0xEE, App15 = 0xEF, Comment = 0xFE;

    /// <summary>Copies all segments up to the first scan except metadata, then the rest as it is. False when the file is not laid out like that.</summary>
    public static bool TryCopyWithout(string input, string output)
    {
        using var source = new FileStream(input, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024);
        using var target = File.Create(output);
        Span<byte> header = stackalloc byte[4];
        var segment = new byte[ushort.MaxValue];
        if (source.ReadAtLeast(header[..2], 2, throwOnEndOfStream: false) < 2 || header[0] != 0xFF || header[1] != 0xD8)
            return false;
        target.Write(header[..2]);
        while (source.ReadAtLeast(header, 4, throwOnEndOfStream: false) == 4 && header[0] == 0xFF)
        {
            var (marker, length) = (header[1], BinaryPrimitives.ReadUInt16BigEndian(header[2..]));
            if (length < 2 || marker is 0x00 or 0xFF or (>= 0xD0 and <= 0xD9))
                return false;
            var body = segment.AsSpan(0, length - 2);
            if (source.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length)
                return false;
            if (!IsMetadata(marker, body))
            {
                target.Write(header);
                target.Write(body);
            }
            if (marker != StartOfScan)
                continue;
            source.CopyTo(target);
            return true;
        }
        return false;
    }

    private static bool IsMetadata(byte marker, ReadOnlySpan<byte> body) => marker switch
    {
        App0 or App14 => false, // JFIF; Adobe's colour transform
        App2 => !body.StartsWith("ICC_PROFILE"u8),
        >= App1 and <= App15 or Comment => true,
        _ => false,
    };
}
