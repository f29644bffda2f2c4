using System.Collections.Frozen;

namespace WhatsApp.Protocol.Binary;

/// <summary>
/// The words that go over the wire as one or two bytes. Two tables are in use;
/// the fourth byte of the connection prologue (<c>57 41 06 VV</c>) names one.
/// </summary>
/// <remarks>wire/02-binary-node.md §2.</remarks>
public sealed class TokenDictionary
{
    internal const int FirstDoubleTag = 236;
    internal const int DoubleLists = 4;
    private const int SingleCount = 235;
    private const int DoubleCount = 256;

    private readonly string[] _single;
    private readonly string[][] _double;
    private readonly FrozenDictionary<string, ushort>.AlternateLookup<ReadOnlySpan<char>> _codes;

    private TokenDictionary(byte version, string single, string[] doubles)
    {
        Version = version;
        _single = Words(single, SingleCount);
        _double = [.. doubles.Select(list => Words(list, DoubleCount))];
        var codes = new Dictionary<string, ushort>(SingleCount + DoubleLists * DoubleCount, StringComparer.Ordinal);
        for (var i = 0; i < SingleCount; i++)
            codes.Add(_single[i], (ushort)(i + 1));
        for (var list = 0; list < DoubleLists; list++)
            for (var i = 0; i < DoubleCount; i++)
                codes.Add(_double[list][i], (ushort)((FirstDoubleTag + list) << 8 | i));
        _codes = codes.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Dictionary of all current clients.</summary>
    public static TokenDictionary Version3 { get; } = new(3, TokensV3.Single, TokensV3.Double);

    /// <summary>Dictionary of older clients (Baileys 6).</summary>
    public static TokenDictionary Version2 => Older.Version2;

    /// <summary>2 or 3.</summary>
    public byte Version { get; }

    /// <summary>The dictionary a prologue names; null for a version nobody speaks.</summary>
    public static TokenDictionary? ForVersion(byte version) => version switch
    {
        2 => Version2,
        3 => Version3,
        _ => null,
    };

    /// <summary>The word of a one-byte token.</summary>
    /// <param name="tag">1 … 235.</param>
    internal string Single(int tag) => _single[tag - 1];

    /// <summary>The word of a two-byte token.</summary>
    /// <param name="tag">236 … 239.</param>
    /// <param name="index">0 … 255.</param>
    internal string Double(int tag, int index) => _double[tag - FirstDoubleTag][index];

    /// <summary>The wire code of a word: one byte when it is below 256, else two, high byte first.</summary>
    internal bool TryGetCode(ReadOnlySpan<char> word, out ushort code) => _codes.TryGetValue(word, out code);

    private static string[] Words(string table, int count)
    {
        var words = table.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == count ? words : throw new InvalidOperationException($"a token table has {words.Length} words instead of {count}");
    }

    // A nested type, so that a process which never meets an older client does not build the table.
    private static class Older
    {
        public static readonly TokenDictionary Version2 = new(2, TokensV2.Single, TokensV2.Double);
    }
}
