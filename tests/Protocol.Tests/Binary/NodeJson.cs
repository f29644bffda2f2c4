using System.Text.Json;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Tests.Binary;

/// <summary>
/// The vector files' form of a node: <c>{"tag", "attrs": [[key, value]…], "content": null | [node…] | {"hex"} | {"text"}}</c>.
/// </summary>
internal static class NodeJson
{
    public static Node ToNode(JsonElement json)
    {
        var tag = json.GetProperty("tag").GetString()!;
        var attributes = json.GetProperty("attrs").EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetString())).ToArray();
        var content = json.GetProperty("content");
        return content.ValueKind switch
        {
            JsonValueKind.Null => new Node(tag, attributes),
            JsonValueKind.Array => new Node(tag, attributes, content.EnumerateArray().Select(ToNode).ToArray()),
            _ when content.TryGetProperty("text", out var text) => new Node(tag, attributes, text.GetString()!),
            _ => new Node(tag, attributes, Convert.FromHexString(content.GetProperty("hex").GetString()!)),
        };
    }

    /// <summary>Equal tag, attributes in order, children and bytes. An empty list of children equals no content, as in the vectors.</summary>
    public static bool SameAs(this Node left, Node right) =>
        left.Tag == right.Tag
        && left.Attributes.SequenceEqual(right.Attributes)
        && left.Bytes.HasValue == right.Bytes.HasValue
        && (left.Bytes is not { } bytes || bytes.Span.SequenceEqual(right.Bytes!.Value.Span))
        && left.Children.Count == right.Children.Count
        && left.Children.Zip(right.Children).All(pair => pair.First.SameAs(pair.Second));
}
