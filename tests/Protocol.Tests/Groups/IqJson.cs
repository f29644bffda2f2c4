using System.Text.Json;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Tests.Groups;

/// <summary>
/// The nodes of iq-stanzas.json: <c>{"tag", "attrs": {…}, "content": [node…] | {"$text"} | {"$hex"}}</c>. Attributes there have no order.
/// </summary>
internal static class IqJson
{
    public static Node ToNode(JsonElement json)
    {
        var attributes = json.GetProperty("attrs").EnumerateObject().Select(pair => (pair.Name, pair.Value.GetString())).ToArray();
        var tag = json.GetProperty("tag").GetString()!;
        if (!json.TryGetProperty("content", out var content))
            return new Node(tag, attributes);
        if (content.ValueKind == JsonValueKind.Array)
            return new Node(tag, attributes, content.EnumerateArray().Select(ToNode).ToArray());
        return content.TryGetProperty("$text", out var text)
            ? new Node(tag, attributes, text.GetString()!)
            : new Node(tag, attributes, (ReadOnlyMemory<byte>)Convert.FromHexString(content.GetProperty("$hex").GetString()!));
    }

    /// <summary>One line with attributes in name order: equal lines are equal stanzas.</summary>
    public static string Canonical(Node node)
    {
        var attributes = string.Concat(node.Attributes.ToArray().OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $" {pair.Key}={pair.Value}"));
        var content = node.Bytes is { } bytes ? Convert.ToHexString(bytes.Span) : string.Concat(node.Children.Select(Canonical));
        return $"<{node.Tag}{attributes}>{content}</>";
    }
}
