using System.Text;

namespace WhatsApp.Protocol.Binary;

/// <summary>
/// One element of a stanza: a tag, attributes in order, and either child nodes, bytes or nothing.
/// </summary>
/// <remarks>
/// wire/02-binary-node.md. Text content on the wire is given as bytes here (<see cref="Text"/> reads it as UTF-8),
/// whichever form it had. Attributes with a null value are left out.
/// </remarks>
public sealed class Node
{
    private readonly (string Key, string Value)[] _attributes;
    private readonly IReadOnlyList<Node> _children;
    private readonly ReadOnlyMemory<byte>? _bytes;

    /// <summary>A node without content.</summary>
    public Node(string tag, params ReadOnlySpan<(string Key, string? Value)> attributes)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        Tag = tag;
        _attributes = WithoutNulls(attributes);
        _children = [];
    }

    /// <summary>A node with children. An empty list is written as an empty list (F8 00).</summary>
    public Node(string tag, ReadOnlySpan<(string Key, string? Value)> attributes, IReadOnlyList<Node> children)
        : this(tag, attributes)
    {
        _children = children;
        HasChildList = true;
    }

    /// <summary>A node with bytes.</summary>
    public Node(string tag, ReadOnlySpan<(string Key, string? Value)> attributes, ReadOnlyMemory<byte> content)
        : this(tag, attributes) => _bytes = content;

    /// <summary>A node with text, sent as raw UTF-8 bytes.</summary>
    public Node(string tag, ReadOnlySpan<(string Key, string? Value)> attributes, string content)
        : this(tag, attributes, Encoding.UTF8.GetBytes(content)) { }

    private Node(string tag, (string Key, string Value)[] attributes, IReadOnlyList<Node>? children, ReadOnlyMemory<byte>? content)
    {
        Tag = tag;
        _attributes = attributes;
        _children = children ?? [];
        HasChildList = children is not null;
        _bytes = content;
    }

    /// <summary>A node without content that takes over the given array.</summary>
    internal static Node Decoded(string tag, (string Key, string Value)[] attributes) => new(tag, attributes, null, null);

    /// <summary>A node with children that takes over the given arrays.</summary>
    internal static Node Decoded(string tag, (string Key, string Value)[] attributes, Node[] children) => new(tag, attributes, children, null);

    /// <summary>A node with bytes that takes over the given arrays.</summary>
    internal static Node Decoded(string tag, (string Key, string Value)[] attributes, byte[] content) => new(tag, attributes, null, content);

    /// <summary>The element's name, never empty.</summary>
    public string Tag { get; }

    /// <summary>Attributes in the order they were given or read.</summary>
    public ReadOnlySpan<(string Key, string Value)> Attributes => _attributes;

    /// <summary>Child nodes; empty when there are none.</summary>
    public IReadOnlyList<Node> Children => _children;

    /// <summary>True when the content is a list of nodes, also an empty one.</summary>
    public bool HasChildList { get; }

    /// <summary>The content as bytes; null when there is none or it is a list of nodes.</summary>
    public ReadOnlyMemory<byte>? Bytes => _bytes;

    /// <summary>The content as UTF-8 text; null when there is none or it is a list of nodes.</summary>
    public string? Text => _bytes is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    /// <summary>An attribute's value (the last one if doubled), or null.</summary>
    public string? this[string key]
    {
        get
        {
            for (var i = _attributes.Length - 1; i >= 0; i--)
                if (_attributes[i].Key == key)
                    return _attributes[i].Value;
            return null;
        }
    }

    /// <summary>An attribute read as JID; null when missing or not a JID.</summary>
    public Jid? JidOf(string key) => Jid.TryParse(this[key], out var jid) ? jid : null;

    /// <summary>The first child of this tag, or null.</summary>
    public Node? Child(string tag)
    {
        foreach (var child in _children)
            if (child.Tag == tag)
                return child;
        return null;
    }

    /// <summary>All children of this tag, in order.</summary>
    public IEnumerable<Node> ChildrenOf(string tag) => _children.Where(child => child.Tag == tag);

    /// <summary>Tag and attributes as XML-like text, content by size only: safe to log.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("<").Append(Tag);
        foreach (var (key, value) in _attributes)
            text.Append(' ').Append(key).Append("=\"").Append(value).Append('"');
        if (_bytes is { } bytes)
            return text.Append('>').Append(bytes.Length).Append(" bytes</").Append(Tag).Append('>').ToString();
        return HasChildList
            ? text.Append('>').AppendJoin("", _children).Append("</").Append(Tag).Append('>').ToString()
            : text.Append("/>").ToString();
    }

    private static (string, string)[] WithoutNulls(ReadOnlySpan<(string Key, string? Value)> attributes)
    {
        var count = 0;
        foreach (var (_, value) in attributes)
            if (value is not null)
                count++;
        if (count == 0)
            return [];
        var kept = new (string, string)[count];
        var next = 0;
        foreach (var (key, value) in attributes)
            if (value is not null)
                kept[next++] = (key, value);
        return kept;
    }
}
