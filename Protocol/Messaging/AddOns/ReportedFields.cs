using System.Globalization;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>
/// The part of an encoded Message a reporting token covers (wire/04 §4, table version 2): fields sorted by number (stable), tag and value
/// verbatim, trimmed submessages with their length written anew, empty ones dropped, unknown fields left out.
/// </summary>
internal static class ReportedFields
{
    // n = keep; n{…} = keep only these subfields; n* = a nested Message, the whole table applies again.
    private const string Table =
        """
        1 3{2 3 8 11 17{21 22} 25} 4{1 16 17{21 22}} 5{3 4 5 16 17{21 22}} 6{1 17{21 22} 30} 7{2 7 10 17{21 22} 20} 8{2 7 9 17{21 22} 21}
        9{2 6 7 13 17{21 22} 20} 12{1 2 14* 15} 18{6 16 17{21 22}} 26{4 5 8 13 17{21 22}} 28{1 2 4 5 6 7{21 22}} 37{1*} 49{2 3{1 2} 5{21 22} 8{1 2}}
        53{1*} 55{1*} 58{1*} 59{1*} 60{2 3{1 2} 5{21 22} 8{1 2}} 64{2 3{1 2} 5{21 22} 8{1 2}} 66{2 6 7 13 17{21 22} 20} 74{1*} 87{1*}
        88{1 2{1} 3{21 22}} 92{1*} 93{1*} 94{1*}
        """;
    private const int MaxDepth = 16;
    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;

    private static readonly Dictionary<int, Kept> Root = ReadTable();

    /// <summary>The covered bytes; empty when nothing of the message is covered or it is malformed.</summary>
    public static byte[] Of(ReadOnlySpan<byte> message) => Trim(message, Root, 0) ?? [];

    private static byte[]? Trim(ReadOnlySpan<byte> message, Dictionary<int, Kept> table, int depth)
    {
        List<(int Field, byte[] Bytes)> kept = [];
        for (var rest = message; !rest.IsEmpty;)
        {
            if (depth > MaxDepth || !TryField(rest, out var field, out var wireType, out var value, out var length))
                return null;
            if (table.TryGetValue(field, out var rule) && Keep(rest[..length], value, wireType, rule, depth) is { } bytes)
                kept.Add((field, bytes));
            rest = rest[length..];
        }
        return [.. kept.OrderBy(entry => entry.Field).SelectMany(entry => entry.Bytes)];
    }

    private static byte[]? Keep(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> value, int wireType, Kept rule, int depth)
    {
        if (rule.Inner is not { } inner)
            return whole.ToArray();
        if (wireType != LengthDelimited || Trim(value, inner, depth + 1) is not { Length: > 0 } trimmed)
            return null;
        using var output = new MemoryStream(whole.Length);
        output.Write(whole[..TagLength(whole)]);
        WriteVarint(output, (ulong)trimmed.Length);
        output.Write(trimmed);
        return output.ToArray();
    }

    private static bool TryField(ReadOnlySpan<byte> bytes, out int field, out int wireType, out ReadOnlySpan<byte> value, out int length)
    {
        (field, wireType, length) = (0, 0, 0);
        value = default;
        if (!TryVarint(bytes, out var tag, out var used) || tag >> 3 is 0 or > 0x1FFFFFFF)
            return false;
        (field, wireType) = ((int)(tag >> 3), (int)(tag & 7));
        switch (wireType)
        {
            case Varint:
                if (!TryVarint(bytes[used..], out _, out var number))
                    return false;
                length = used + number;
                return true;
            case Fixed64:
            case Fixed32:
                length = used + (wireType == Fixed64 ? 8 : 4);
                return length <= bytes.Length;
            case LengthDelimited:
                if (!TryVarint(bytes[used..], out var size, out var prefix) || size > (ulong)(bytes.Length - used - prefix))
                    return false;
                value = bytes.Slice(used + prefix, (int)size);
                length = used + prefix + (int)size;
                return true;
            default:
                return false;
        }
    }

    private static bool TryVarint(ReadOnlySpan<byte> bytes, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < bytes.Length && length < 10;)
        {
            var part = bytes[length];
            value |= (ulong)(part & 0x7F) << (7 * length++);
            if (part < 0x80)
                return true;
        }
        return false;
    }

    private static int TagLength(ReadOnlySpan<byte> field) => TryVarint(field, out _, out var length) ? length : 0;

    private static void WriteVarint(MemoryStream output, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            output.WriteByte((byte)(value | 0x80));
        output.WriteByte((byte)value);
    }

    private static Dictionary<int, Kept> ReadTable()
    {
        var position = 0;
        Dictionary<int, Kept> root = [];
        ReadLevel(root, root, ref position);
        return root;
    }

    private static void ReadLevel(Dictionary<int, Kept> level, Dictionary<int, Kept> root, ref int position)
    {
        while (position < Table.Length && Table[position] != '}')
        {
            if (char.IsWhiteSpace(Table[position]))
            {
                position++;
                continue;
            }
            var start = position;
            while (position < Table.Length && char.IsAsciiDigit(Table[position]))
                position++;
            var field = int.Parse(Table.AsSpan(start, position - start), CultureInfo.InvariantCulture);
            var next = position < Table.Length ? Table[position] : ' ';
            if (next is '*' or '{')
                position++;
            Dictionary<int, Kept>? inner = next == '*' ? root : null;
            if (next == '{')
            {
                ReadLevel(inner = [], root, ref position);
                position++;
            }
            level[field] = new Kept(inner);
        }
    }

    /// <summary>Null = the whole field, else the subfields.</summary>
    private sealed record Kept(Dictionary<int, Kept>? Inner);
}
