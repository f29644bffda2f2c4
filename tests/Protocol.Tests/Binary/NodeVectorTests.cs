using System.Security.Cryptography;
using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Binary;

public sealed class NodeVectorTests
{
    private const string File = "binary-node.json";
    private static readonly JsonElement Root = VectorFile.Load(File);

    public static TheoryData<string> CurrentNames => Names("vectors");
    public static TheoryData<string> OlderNames => Names("dictVersion2");
    public static TheoryData<string> LargeNames => Names("large");

    [Theory, MemberData(nameof(CurrentNames))]
    public void Stanza_of_dictionary_3_matches_the_recorded_bytes(string name) =>
        Check(Find("vectors", name), TokenDictionary.Version3);

    [Theory, MemberData(nameof(OlderNames))]
    public void Stanza_of_dictionary_2_matches_the_recorded_bytes(string name) =>
        Check(Find("dictVersion2", name), TokenDictionary.Version2);

    [Theory, MemberData(nameof(LargeNames))]
    public void Large_content_takes_the_length_form_of_its_size(string name)
    {
        var vector = Find("large", name);
        var content = new byte[vector.GetProperty("contentLength").GetInt32()];
        for (var i = 0; i < content.Length; i++)
            content[i] = (byte)(i * 31 + 7);
        var node = new Node("x", [], content);

        var encoded = NodeWriter.ToArray(node, TokenDictionary.Version3);

        var head = vector.Hex("headHex");
        Assert.Equal(head, encoded[..head.Length]);
        Assert.Equal(vector.GetProperty("totalLength").GetInt32(), encoded.Length);
        Assert.Equal(vector.Hex("sha256"), SHA256.HashData(encoded));
        Assert.True(NodeReader.Read(encoded, TokenDictionary.Version3).SameAs(node));
        VectorFile.Ran(File, name);
    }

    private static void Check(JsonElement vector, TokenDictionary dictionary)
    {
        var expected = NodeJson.ToNode(vector.GetProperty("node"));
        var bytes = vector.Hex("hex");

        var decoded = NodeReader.Read(bytes, dictionary);

        Assert.True(decoded.SameAs(expected), decoded.ToString());
        if (vector.GetProperty("mode").GetString() == "both")
            Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(NodeWriter.ToArray(expected, dictionary)));
        VectorFile.Ran(File, vector.GetProperty("name").GetString()!);
    }

    private static TheoryData<string> Names(string list) =>
        [.. Root.GetProperty(list).EnumerateArray().Select(vector => vector.GetProperty("name").GetString()!)];

    private static JsonElement Find(string list, string name) =>
        Root.GetProperty(list).EnumerateArray().Single(vector => vector.GetProperty("name").GetString() == name);
}
