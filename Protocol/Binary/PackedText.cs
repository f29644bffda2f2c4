using System.Buffers;

namespace WhatsApp.Protocol.Binary;

/// <summary>Short text written as half bytes, two characters a byte: <c>TAG, count | odd &lt;&lt; 7, bytes…</c></summary>
/// <remarks>wire/02-binary-node.md §4, "Packed".</remarks>
internal static class PackedText
{
    /// <summary>Longest text that is packed, in characters.</summary>
    public const int MaxLength = 127;
    /// <summary>Most packed bytes a count byte can announce.</summary>
    public const int MaxBytes = 127;
    private const int Padding = 15;

    // Position = half byte. A NUL marks a half that stands for nothing.
    private const string NibbleAlphabet = "0123456789-.\0\0\0\0";
    private const string HexAlphabet = "0123456789ABCDEF";
    private static readonly SearchValues<char> NibbleCharacters = SearchValues.Create("0123456789-.");
    private static readonly SearchValues<char> HexCharacters = SearchValues.Create(HexAlphabet);

    /// <summary>The tag to pack this text under; null when it cannot be packed.</summary>
    public static byte? TagFor(ReadOnlySpan<char> text) =>
        text.Length is 0 or > MaxLength ? null
        : !text.ContainsAnyExcept(NibbleCharacters) ? WireTag.Nibble8
        : !text.ContainsAnyExcept(HexCharacters) ? WireTag.Hex8
        : null;

    /// <summary>Writes count byte and packed bytes.</summary>
    /// <param name="text">A text that <see cref="TagFor"/> gave a tag.</param>
    /// <param name="output">At least 65 bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Pack(ReadOnlySpan<char> text, Span<byte> output)
    {
        var bytes = (text.Length + 1) / 2;
        output[0] = (byte)(bytes | (text.Length % 2) << 7);
        for (var i = 0; i < bytes; i++)
        {
            var low = 2 * i + 1 < text.Length ? HalfOf(text[2 * i + 1]) : Padding;
            output[1 + i] = (byte)(HalfOf(text[2 * i]) << 4 | low);
        }
        return 1 + bytes;
    }

    /// <summary>Reads packed bytes; the padding half of an odd text may hold anything.</summary>
    /// <param name="tag"><see cref="WireTag.Nibble8"/> or <see cref="WireTag.Hex8"/>.</param>
    /// <param name="packed">The bytes after the count byte, 127 at most.</param>
    /// <param name="odd">The count byte's top bit: the last half is padding.</param>
    /// <param name="output">At least 254 characters.</param>
    /// <returns>Characters written.</returns>
    /// <exception cref="MalformedNodeException">A half byte that stands for nothing, or padding without text.</exception>
    public static int Unpack(byte tag, ReadOnlySpan<byte> packed, bool odd, Span<char> output)
    {
        if (odd && packed.IsEmpty)
            throw new MalformedNodeException("packed text of odd length without bytes");
        var alphabet = tag == WireTag.Nibble8 ? NibbleAlphabet : HexAlphabet;
        var length = packed.Length * 2 - (odd ? 1 : 0);
        for (var i = 0; i < length; i++)
        {
            var half = i % 2 == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15;
            var character = alphabet[half];
            output[i] = character != '\0' ? character : throw new MalformedNodeException("packed text with an invalid half byte");
        }
        return length;
    }

    private static int HalfOf(char character) => character switch
    {
        '-' => 10,
        '.' => 11,
        >= 'A' => character - 'A' + 10,
        _ => character - '0',
    };
}
