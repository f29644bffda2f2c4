using System.Buffers.Binary;
using System.Text;

namespace WhatsApp.Protocol.Media;

/// <summary>What a file is by its first bytes: neither a name nor a sender's mimetype is believed.</summary>
public static class FileSignature
{
    /// <summary>As many bytes of the beginning as are looked at.</summary>
    public const int HeadLength = 4096;
    /// <summary>Anything not recognised.</summary>
    public const string Unknown = "application/octet-stream";

    private static readonly (byte[] Magic, string Mimetype)[] Plain =
    [
        ([0xFF, 0xD8, 0xFF], "image/jpeg"),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
        ("GIF87a"u8.ToArray(), "image/gif"),
        ("GIF89a"u8.ToArray(), "image/gif"),
        ("BM"u8.ToArray(), "image/bmp"),
        ("II*\0"u8.ToArray(), "image/tiff"),
        ("MM\0*"u8.ToArray(), "image/tiff"),
        ("fLaC"u8.ToArray(), "audio/flac"),
        ("#!AMR"u8.ToArray(), "audio/amr"),
        ("ID3"u8.ToArray(), "audio/mpeg"),
        ("caff"u8.ToArray(), "audio/x-caf"),
        ("FLV\x1"u8.ToArray(), "video/x-flv"),
        ([0x1A, 0x45, 0xDF, 0xA3], "video/webm"),
        ([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], "video/x-ms-asf"),
        ("%PDF-"u8.ToArray(), "application/pdf"),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "application/x-ole-storage"),
        ([0x1F, 0x8B], "application/gzip"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "application/x-7z-compressed"),
        ("Rar!\x1A\x07"u8.ToArray(), "application/vnd.rar"),
        ("{\\rtf"u8.ToArray(), "application/rtf"),
    ];

    /// <summary>Mimetype of a file that begins with these bytes; <see cref="Unknown"/> when none fits.</summary>
    public static string Of(ReadOnlySpan<byte> head)
    {
        foreach (var (magic, mimetype) in Plain)
            if (head.StartsWith(magic))
                return mimetype;
        if (head.StartsWith("RIFF"u8) && head.Length >= 12)
            return OfRiff(head.Slice(8, 4));
        if (head.StartsWith("FORM"u8) && head.Length >= 12 && head.Slice(8, 3).SequenceEqual("AIF"u8))
            return "audio/aiff";
        if (head.StartsWith("OggS"u8))
            return OfOgg(head);
        if (head.Length >= 12 && head.Slice(4, 4).SequenceEqual("ftyp"u8))
            return OfBrand(head.Slice(8, 4));
        if (head.StartsWith("PK\x3\x4"u8))
            return OfZip(head);
        if (head.Length >= 2 && head[0] == 0xFF)
            return OfFrameSync(head[1]);
        return head.IsEmpty ? Unknown : OfText(head);
    }

    /// <summary>As <see cref="Of"/>, for a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<string> OfFileAsync(string path, CancellationToken cancellationToken)
    {
        var head = new byte[HeadLength];
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        var read = await file.ReadAtLeastAsync(head, HeadLength, throwOnEndOfStream: false, cancellationToken);
        return Of(head.AsSpan(0, read));
    }

    private static string OfRiff(ReadOnlySpan<byte> form) =>
        form.SequenceEqual("WEBP"u8) ? "image/webp" : form.SequenceEqual("WAVE"u8) ? "audio/wav" : form.SequenceEqual("AVI "u8) ? "video/x-msvideo" : Unknown;

    private static string OfOgg(ReadOnlySpan<byte> head) =>
        head.IndexOf("OpusHead"u8) >= 0 ? "audio/ogg; codecs=opus" : head.IndexOf("theora"u8) >= 0 ? "video/ogg" : "audio/ogg";

    private static string OfBrand(ReadOnlySpan<byte> brand)
    {
        if (brand.SequenceEqual("heic"u8) || brand.SequenceEqual("heix"u8) || brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("hevc"u8))
            return "image/heic";
        if (brand.SequenceEqual("avif"u8))
            return "image/avif";
        if (brand.SequenceEqual("M4A "u8) || brand.SequenceEqual("M4B "u8))
            return "audio/mp4";
        if (brand.SequenceEqual("qt  "u8))
            return "video/quicktime";
        return brand.StartsWith("3g"u8) ? "video/3gpp" : "video/mp4";
    }

    // The parts of an office file are named in the local headers; their order varies, but one of them comes early.
    private static string OfZip(ReadOnlySpan<byte> head)
    {
        if (head.IndexOf("word/"u8) >= 0)
            return "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        if (head.IndexOf("xl/"u8) >= 0)
            return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        if (head.IndexOf("ppt/"u8) >= 0)
            return "application/vnd.openxmlformats-officedocument.presentationml.presentation";
        if (head.Length > 38 && head[30..].StartsWith("mimetypeapplication/"u8))
            return OfMimetypeEntry(head[38..]);
        return "application/zip";
    }

    // OpenDocument and EPUB begin with an uncompressed entry "mimetype" that says it.
    private static string OfMimetypeEntry(ReadOnlySpan<byte> content)
    {
        var end = content.IndexOf("PK"u8);
        return end is > 0 and < 100 && content[..end].IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0 ? Encoding.ASCII.GetString(content[..end]) : "application/zip";
    }

    // Eleven bits set, two of version, two of layer: 1 and 2 are MPEG layers III and II, 0 is ADTS. FF FE is a byte order mark.
    private static string OfFrameSync(byte second) => ((second & 0xE0) == 0xE0, second >> 1 & 3) switch
    {
        (true, 1 or 2) => "audio/mpeg",
        (true, 0) when (second & 0xF0) == 0xF0 => "audio/aac",
        _ => Unknown,
    };

    private static string OfText(ReadOnlySpan<byte> head)
    {
        if (head.IndexOf((byte)0) >= 0)
            return BinaryPrimitives.ReadUInt32BigEndian(head.Length >= 4 ? head : [0, 0, 0, 0]) == 0x000001BA ? "video/mpeg" : Unknown;
        var text = head.StartsWith("\uFEFF"u8) ? head[3..] : head;
        text = text.TrimStart(" \t\r\n"u8);
        if (StartsWithIgnoringCase(text, "<!doctype html"u8) || StartsWithIgnoringCase(text, "<html"u8))
            return "text/html";
        if (StartsWithIgnoringCase(text, "BEGIN:VCARD"u8))
            return "text/vcard";
        return IsText(text) ? "text/plain" : Unknown;
    }

    private static bool StartsWithIgnoringCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> start) =>
        text.Length >= start.Length && Ascii.EqualsIgnoreCase(text[..start.Length], start);

    // UTF-8 without control characters; a sequence cut off at the end of the head does not count against it.
    private static bool IsText(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(text, out var rune, out var length);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
                return true;
            if (status != System.Buffers.OperationStatus.Done || (Rune.IsControl(rune) && rune.Value is not ('\t' or '\n' or '\r' or '\f')))
                return false;
            text = text[length..];
        }
        return true;
    }
}
