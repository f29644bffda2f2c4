using System.IO.Compression;

namespace WhatsApp.Protocol.Binary;

/// <summary>Opens the compressed body of a stanza whose flag byte has bit 0x02: zlib data (RFC 1950).</summary>
/// <remarks>wire/02-binary-node.md §1. Only the real server compresses.</remarks>
internal static class StanzaInflater
{
    /// <summary>Inflates the bytes after the flag byte.</summary>
    /// <exception cref="MalformedNodeException">Not zlib data, cut short, or larger than <see cref="NodeReader.MaxStanzaBytes"/>.</exception>
    public static ReadOnlySpan<byte> Inflate(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            throw new MalformedNodeException("compressed stanza without a body");
        try
        {
            using var compressed = new MemoryStream(body.ToArray(), writable: false);
            using var inflater = new ZLibStream(compressed, CompressionMode.Decompress);
            return ReadBounded(inflater, body.Length);
        }
        // ZLibException is an IOException; nothing here does I/O.
        catch (Exception damaged) when (damaged is InvalidDataException or IOException)
        {
            throw new MalformedNodeException("compressed stanza is not valid zlib data");
        }
    }

    private static ReadOnlySpan<byte> ReadBounded(ZLibStream inflater, int compressedLength)
    {
        var output = new byte[(int)Math.Min(NodeReader.MaxStanzaBytes, compressedLength * 4L + 64)];
        var length = 0;
        while (true)
        {
            var read = inflater.Read(output, length, output.Length - length);
            if (read == 0)
                return output.AsSpan(0, length);
            length += read;
            if (length > NodeReader.MaxStanzaBytes)
                throw new MalformedNodeException("compressed stanza is too large");
            // One byte beyond the limit, so that a stanza of exactly the limit is told from a larger one.
            if (length == output.Length)
                Array.Resize(ref output, (int)Math.Min(NodeReader.MaxStanzaBytes + 1L, output.Length * 2L));
        }
    }
}
