using System.IO.Compression;
using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Binary;

public sealed class MalformedNodeTests
{
    private const string File = "malformed-binary-node.json";
    private static readonly JsonElement Root = VectorFile.Load(File);

    public static TheoryData<string> Rejected => Names("reject");

    [Theory, MemberData(nameof(Rejected))]
    public void Malformed_stanza_is_rejected(string name)
    {
        Assert.Throws<MalformedNodeException>(() => Read(name));
        VectorFile.Ran(File, name);
    }

    [Fact]
    public void Null_attribute_value_is_an_absent_attribute() =>
        Accepts("attr-value-null", node => Assert.Equal(0, node.Attributes.Length));

    [Theory, InlineData("nibble-odd-pad-not-f", "1"), InlineData("hex-odd-pad-not-f", "A")]
    public void Padding_of_packed_text_may_hold_anything(string name, string expected) =>
        Accepts(name, node => Assert.Equal(expected, node["id"]));

    [Fact]
    public void Bytes_that_are_not_utf8_become_replacement_characters() =>
        Accepts("invalid-utf8-attr", node => Assert.Equal("\uFFFD(", node["id"]));

    [Fact]
    public void The_last_of_two_equal_keys_wins() => Accepts("duplicate-attr", node => Assert.Equal("y", node["id"]));

    [Fact]
    public void Stream_end_is_told_from_a_stanza()
    {
        Assert.True(NodeReader.IsStreamEnd([0x02]));
        Assert.False(NodeReader.IsStreamEnd([]));
        Assert.False(NodeReader.IsStreamEnd([0x00]));
        Assert.False(NodeReader.IsStreamEnd([0x02, 0x78]));
    }

    [Fact]
    public void Nesting_is_accepted_up_to_the_limit_and_not_beyond()
    {
        Assert.Equal(NodeReader.MaxDepth, DepthOf(NodeReader.Read(Nested(NodeReader.MaxDepth), TokenDictionary.Version3)));
        Assert.Throws<MalformedNodeException>(() => NodeReader.Read(Nested(NodeReader.MaxDepth + 1), TokenDictionary.Version3));
    }

    [Fact]
    public void Node_count_is_limited()
    {
        // Four lists of 50,000 nodes make 200,005 nodes with the lists themselves.
        var leaves = Enumerable.Repeat(new Node("x"), 50_000).ToArray();
        var tree = new Node("x", [], Enumerable.Repeat(new Node("x", [], leaves), 4).ToArray());
        var stanza = NodeWriter.ToArray(tree, TokenDictionary.Version3);

        Assert.Throws<MalformedNodeException>(() => NodeReader.Read(stanza, TokenDictionary.Version3));
    }

    [Theory, InlineData(NodeReader.MaxStanzaBytes, true), InlineData(NodeReader.MaxStanzaBytes + 1, false)]
    public void Inflation_stops_at_the_limit(int size, bool accepted)
    {
        byte[] head = [0xF8, 0x02, 0xFC, 0x01, 0x78, 0xFE, 0, 0, 0, 0];
        var body = new byte[size];
        head.CopyTo(body, 0);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(6), size - head.Length);
        var stanza = Compressed(body);

        if (accepted)
            Assert.Equal(size - head.Length, NodeReader.Read(stanza, TokenDictionary.Version3).Bytes!.Value.Length);
        else
            Assert.Throws<MalformedNodeException>(() => NodeReader.Read(stanza, TokenDictionary.Version3));
    }

    [Fact]
    public void Decompression_bomb_takes_no_more_memory_than_the_limit_asks_for()
    {
        var bomb = Compressed(new byte[256 * 1024 * 1024]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<MalformedNodeException>(() => NodeReader.Read(bomb, TokenDictionary.Version3));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L * NodeReader.MaxStanzaBytes);
    }

    [Fact]
    public void Announced_lengths_allocate_nothing_before_the_bytes_are_there()
    {
        byte[][] liars =
        [
            [0x00, 0xF9, 0xFF, 0xFF, 0x4C, 0x04, 0x14],
            [0x00, 0xF8, 0x02, 0x4C, 0xF9, 0xFF, 0xFF, 0xF8, 0x01, 0x4C],
            [0x00, 0xF8, 0x02, 0x4C, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0x00],
            [0x00, 0xF8, 0x02, 0xFE, 0x7F, 0xFF, 0xFF, 0xFF, 0x00],
        ];
        Assert.Throws<MalformedNodeException>(() => NodeReader.Read(liars[0], TokenDictionary.Version3));
        foreach (var liar in liars)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<MalformedNodeException>(() => NodeReader.Read(liar, TokenDictionary.Version3));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024);
        }
    }

    private static void Accepts(string name, Action<Node> check)
    {
        check(Read(name));
        VectorFile.Ran(File, name);
    }

    private static Node Read(string name)
    {
        var vector = Root.GetProperty("vectors").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name);
        var stanza = vector.TryGetProperty("hexRule", out var rule) ? FromRule(rule.GetString()!) : vector.Hex("hex");
        return NodeReader.Read(stanza, TokenDictionary.Version3);
    }

    private static byte[] FromRule(string rule)
    {
        Assert.Equal("00 + (f802fc0178f801)×20000 + f801fc0178", rule);
        return Convert.FromHexString("00" + string.Concat(Enumerable.Repeat("f802fc0178f801", 20_000)) + "f801fc0178");
    }

    private static TheoryData<string> Names(string decision) =>
        [.. Root.GetProperty("vectors").EnumerateArray()
            .Where(vector => vector.GetProperty("decision").GetString() == decision)
            .Select(vector => vector.GetProperty("name").GetString()!)];

    private static byte[] Nested(int depth) =>
        Convert.FromHexString("00" + string.Concat(Enumerable.Repeat("f8024cf801", depth - 1)) + "f8014c");

    private static int DepthOf(Node node) => 1 + node.Children.Select(DepthOf).DefaultIfEmpty(0).Max();

    private static byte[] Compressed(byte[] body)
    {
        using var output = new MemoryStream();
        output.WriteByte(0x02);
        using (var zlib = new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(body);
        return output.ToArray();
    }
}
