using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>Answers to an iq (wire/01 §5) and small stanza surgery.</summary>
internal static class Answer
{
    /// <summary><c>&lt;iq from id type="result"&gt;…&lt;/iq&gt;</c></summary>
    public static Node Result(Node request, params IReadOnlyList<Node> children)
    {
        (string, string?)[] attributes = [("from", request["to"] ?? Jid.PhoneServer), ("id", request["id"]), ("type", "result")];
        return children.Count == 0 ? new Node("iq", attributes) : new Node("iq", attributes, children);
    }

    /// <summary><c>&lt;iq from id type="error"&gt;&lt;error code text/&gt;&lt;/iq&gt;</c></summary>
    public static Node Error(Node request, int code, string text) => new(
        "iq", [("from", request["to"] ?? Jid.PhoneServer), ("id", request["id"]), ("type", "error")], [ErrorNode(code, text)]);

    /// <summary><c>&lt;error code text/&gt;</c></summary>
    public static Node ErrorNode(int code, string text) =>
        new("error", ("code", code.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("text", text));

    /// <summary>The same node with these attributes set or added.</summary>
    public static Node With(this Node node, params ReadOnlySpan<(string Key, string? Value)> extra)
    {
        var attributes = new List<(string, string?)>(node.Attributes.Length + extra.Length);
        foreach (var (key, value) in node.Attributes)
            if (!Names(extra, key))
                attributes.Add((key, value));
        attributes.AddRange(extra);
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(attributes);
        return node.Bytes is { } bytes ? new Node(node.Tag, span, bytes)
            : node.HasChildList ? new Node(node.Tag, span, node.Children)
            : new Node(node.Tag, span);
    }

    private static bool Names(ReadOnlySpan<(string Key, string? Value)> attributes, string key)
    {
        foreach (var (name, _) in attributes)
            if (name == key)
                return true;
        return false;
    }
}
