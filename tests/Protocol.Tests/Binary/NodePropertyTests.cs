using System.Buffers;
using CsCheck;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Tests.Binary;

public sealed class NodePropertyTests
{
    private static readonly string[] Servers =
    [
        Jid.PhoneServer, Jid.LidServer, Jid.GroupServer, Jid.BroadcastServer, Jid.NewsletterServer, Jid.HostedServer, Jid.HostedLidServer,
        Jid.BotServer, "call", "example.com",
    ];

    private static readonly Gen<TokenDictionary> Dictionaries = Gen.OneOf(TokenDictionary.Version2, TokenDictionary.Version3);

    private static readonly Gen<string> Tokens =
        Gen.Select(Gen.OneOf(TokensV2.Single, TokensV3.Single, TokensV2.Double[1], TokensV3.Double[3]), Gen.Int[0, 234])
            .Select((table, i) => table.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[i]);

    private static readonly Gen<string> Texts = Gen.Frequency(
        (4, Tokens),
        (2, Gen.String[Gen.Char["0123456789-."], 0, 130]),
        (2, Gen.String[Gen.Char["0123456789ABCDEF"], 0, 130]),
        (2, Gen.String[Gen.Char["abc@:._0129é漢"], 0, 20]),
        (1, Gen.String[Gen.Char["xyz ñ€漢"], 200, 400]));

    private static readonly Gen<string> Addresses =
        Gen.Select(Gen.String[Gen.Char["0123456789"], 1, 16], Gen.Int[0, 255], Gen.OneOf(Servers))
            .Select((user, device, server) => new Jid(user, server, device).ToString());

    private static readonly Gen<(string, string?)[]> Attributes =
        Gen.Select(Texts, Gen.OneOf(Texts, Addresses), (key, value) => (key, (string?)value)).Array[0, 6];

    private static readonly Gen<Node> Trees = Gen.Recursive<Node>((depth, child) =>
    {
        var tag = Texts.Where(text => text.Length > 0);
        var empty = Gen.Select(tag, Attributes, (name, attributes) => new Node(name, attributes));
        var bytes = Gen.Select(tag, Attributes, Gen.Byte.Array[0, 300], (name, attributes, content) => new Node(name, attributes, content));
        return depth >= 4
            ? Gen.OneOf(empty, bytes)
            : Gen.OneOf(empty, bytes, Gen.Select(tag, Attributes, child.Array[0, 4], (name, attributes, nodes) => new Node(name, attributes, nodes)));
    });

    [Fact]
    public void Decoding_gives_back_what_was_encoded() =>
        Gen.Select(Trees, Dictionaries).Sample(
            (node, dictionary) => NodeReader.Read(NodeWriter.ToArray(node, dictionary), dictionary).SameAs(Canonical(node)), iter: 2_000);

    [Fact]
    public void Encoding_again_gives_the_same_bytes() =>
        Gen.Select(Trees, Dictionaries).Sample((node, dictionary) =>
        {
            var once = NodeWriter.ToArray(node, dictionary);
            return NodeWriter.ToArray(NodeReader.Read(once, dictionary), dictionary).AsSpan().SequenceEqual(once);
        }, iter: 1_000);

    [Fact]
    public void Random_bytes_are_read_or_refused() =>
        Gen.Select(Gen.Byte.Array[0, 200], Dictionaries).Sample((bytes, dictionary) => ReadOrRefuse(bytes, dictionary), iter: 20_000);

    [Fact]
    public void Random_bytes_that_look_like_a_node_are_read_or_refused() =>
        Gen.Select(Gen.OneOf(Gen.Byte, Gen.Byte[244, 255], Gen.Byte[0, 4]).Array[1, 100], Dictionaries).Sample(
            (bytes, dictionary) => ReadOrRefuse([0, WireTag.List8, .. bytes], dictionary), iter: 20_000);

    [Fact]
    public void Mutated_stanzas_are_read_or_refused() =>
        Gen.Select(Trees, Dictionaries, Gen.Select(Gen.Double.Unit, Gen.Byte).Array[1, 4], Gen.Bool).Sample((node, dictionary, changes, cut) =>
        {
            var bytes = NodeWriter.ToArray(node, dictionary);
            foreach (var (place, value) in changes)
                bytes[(int)(place * (bytes.Length - 1))] = value;
            return ReadOrRefuse(cut ? bytes[..(int)(changes[0].Item1 * bytes.Length)] : bytes, dictionary);
        }, iter: 5_000);

    [Fact]
    public void Memory_stays_proportional_to_the_stanza() =>
        Gen.OneOf(Gen.Byte, Gen.Byte[247, 250], Gen.Byte[0, 4]).Array[1, 2_000].Sample(bytes =>
        {
            byte[] stanza = [0, WireTag.List8, 2, 0x4C, WireTag.List16, .. bytes];
            var before = GC.GetAllocatedBytesForCurrentThread();
            ReadOrRefuse(stanza, TokenDictionary.Version3);
            return GC.GetAllocatedBytesForCurrentThread() - before < 100 * stanza.Length + 64 * 1024;
        }, iter: 2_000, threads: 1);

    [Fact]
    public void A_writer_that_hands_out_the_least_it_must_gives_the_same_bytes() =>
        Gen.Select(Trees, Dictionaries).Sample((node, dictionary) =>
        {
            var output = new TightBufferWriter();
            NodeWriter.Write(node, dictionary, output);
            return NodeWriter.ToArray(node, dictionary).AsSpan().SequenceEqual(output.Written);
        }, iter: 500);

    private static bool ReadOrRefuse(byte[] bytes, TokenDictionary dictionary)
    {
        try
        {
            return NodeReader.Read(bytes, dictionary).Tag.Length > 0;
        }
        catch (MalformedNodeException refused)
        {
            return refused.Message.Length > 0;
        }
    }

    // Device numbers are written as numbers: ":0" goes, ":007" becomes ":7". All else must come back as it was.
    private static Node Canonical(Node node)
    {
        var attributes = node.Attributes.ToArray().Select(pair => (pair.Key, (string?)CanonicalValue(pair.Value))).ToArray();
        return node.Bytes is { } bytes ? new Node(node.Tag, attributes, bytes)
            : node.HasChildList ? new Node(node.Tag, attributes, node.Children.Select(Canonical).ToArray())
            : new Node(node.Tag, attributes);
    }

    private static string CanonicalValue(string value)
    {
        var parts = value.Split('@');
        var user = parts[0].Split(':');
        if (parts.Length != 2 || user.Length != 2 || user[0].Length == 0 || parts[1].Length == 0 || user[1].Length == 0
            || !user[1].All(char.IsAsciiDigit) || !int.TryParse(user[1], out var device) || device > 255)
            return value;
        return device == 0 ? $"{user[0]}@{parts[1]}" : WireTag.AdDomainOf(parts[1]) is null ? value : $"{user[0]}:{device}@{parts[1]}";
    }

    private sealed class TightBufferWriter : IBufferWriter<byte>
    {
        private readonly List<byte> _written = [];
        private byte[] _lent = [];

        public ReadOnlySpan<byte> Written => _written.ToArray();

        public void Advance(int count) => _written.AddRange(_lent.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _lent = new byte[Math.Max(1, sizeHint)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
