using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace WhatsApp.Protocol.Binary;

/// <summary>Reads one stanza plaintext: flag byte, then the node (compressed when the flag has bit 0x02).</summary>
/// <remarks>
/// wire/02-binary-node.md, limits in §7. <c>&lt;success/&gt;</c> is <c>00 F8 01 4C</c>: flag, list of one, token 4C.
/// Nothing is allocated for an announced length before the bytes are there: memory stays proportional to the stanza.
/// </remarks>
public static class NodeReader
{
    /// <summary>Largest stanza, after inflation.</summary>
    public const int MaxStanzaBytes = 16 * 1024 * 1024;
    /// <summary>Deepest nesting; the root has depth 1.</summary>
    public const int MaxDepth = 64;
    /// <summary>Most nodes in one stanza.</summary>
    public const int MaxNodes = 200_000;
    /// <summary>Most attributes in one stanza.</summary>
    public const int MaxAttributes = 1_000_000;

    private const int CompressedFlag = 0x02;

    /// <summary>Decodes a whole stanza. The node keeps no reference to <paramref name="stanza"/>.</summary>
    /// <exception cref="MalformedNodeException">Anything but exactly one well-formed node within the limits.</exception>
    public static Node Read(ReadOnlySpan<byte> stanza, TokenDictionary dictionary)
    {
        ArgumentNullException.ThrowIfNull(dictionary);
        if (stanza.IsEmpty)
            throw new MalformedNodeException("stanza without a flag byte");
        var body = (stanza[0] & CompressedFlag) == 0 ? stanza[1..] : StanzaInflater.Inflate(stanza[1..]);
        if (body.Length > MaxStanzaBytes)
            throw new MalformedNodeException("stanza is too large");
        return new Cursor(body, dictionary).ReadWhole();
    }

    /// <summary>True for the one-byte stanza 02: the server ends the stream.</summary>
    public static bool IsStreamEnd(ReadOnlySpan<byte> stanza) => stanza is [CompressedFlag];

    private ref struct Cursor(ReadOnlySpan<byte> body, TokenDictionary dictionary)
    {
        // The smallest node is a list header, a size and a token; the smallest attribute two tokens.
        private const int SmallestNode = 3;
        private const int SmallestAttribute = 2;

        private ReadOnlySpan<byte> _rest = body;
        private long _owed;
        private int _nodes;
        private int _attributes;

        public Node ReadWhole()
        {
            var node = ReadNode(1);
            return _rest.IsEmpty ? node : throw new MalformedNodeException("bytes after the node");
        }

        private Node ReadNode(int depth)
        {
            if (depth > MaxDepth)
                throw new MalformedNodeException("nodes are nested too deeply");
            if (++_nodes > MaxNodes)
                throw new MalformedNodeException("too many nodes");
            var size = ReadListSize(ReadByte());
            if (size == 0)
                throw new MalformedNodeException("node of size 0");
            var tag = ReadText(ReadByte());
            if (tag.Length == 0)
                throw new MalformedNodeException("node with an empty tag");
            var attributes = ReadAttributes((size - 1) / 2);
            return size % 2 == 1 ? Node.Decoded(tag, attributes) : ReadContent(tag, attributes, depth);
        }

        private int ReadListSize(byte tag) => tag switch
        {
            WireTag.ListEmpty => 0,
            WireTag.List8 => ReadByte(),
            WireTag.List16 => ReadUInt16(),
            _ => throw new MalformedNodeException("list expected"),
        };

        private (string Key, string Value)[] ReadAttributes(int count)
        {
            if (count == 0)
                return [];
            _attributes += count;
            if (_attributes > MaxAttributes || (long)count * SmallestAttribute > _rest.Length - _owed)
                throw new MalformedNodeException("more attributes announced than there can be");
            var attributes = new (string, string)[count];
            var kept = 0;
            for (var i = 0; i < count; i++)
            {
                var key = ReadText(ReadByte());
                var tag = ReadByte();
                // A null value is an absent attribute (§6).
                if (tag != WireTag.ListEmpty)
                    attributes[kept++] = (key, ReadValue(tag));
            }
            return kept == count ? attributes : attributes[..kept];
        }

        private Node ReadContent(string tag, (string, string)[] attributes, int depth)
        {
            var form = ReadByte();
            return form switch
            {
                WireTag.ListEmpty => Node.Decoded(tag, attributes),
                WireTag.List8 or WireTag.List16 => Node.Decoded(tag, attributes, ReadChildren(ReadListSize(form), depth + 1)),
                WireTag.Binary8 or WireTag.Binary20 or WireTag.Binary32 => Node.Decoded(tag, attributes, Take(ReadRawLength(form)).ToArray()),
                _ => Node.Decoded(tag, attributes, Encoding.UTF8.GetBytes(ReadValue(form))),
            };
        }

        private Node[] ReadChildren(int count, int depth)
        {
            // Children still to come, of this list and of all lists round it, must fit into what is left.
            _owed += (long)count * SmallestNode;
            if (_owed > _rest.Length)
                throw new MalformedNodeException("more nodes announced than there can be");
            if (count == 0)
                return [];
            var children = new Node[count];
            for (var i = 0; i < count; i++)
            {
                _owed -= SmallestNode;
                children[i] = ReadNode(depth);
            }
            return children;
        }

        /// <summary>Text of an attribute value or of content: a string or a JID (§4, §5).</summary>
        private string ReadValue(byte tag) => tag switch
        {
            WireTag.JidPair => ReadJidPair(),
            WireTag.AdJid => ReadAdJid(),
            WireTag.FacebookJid => ReadFacebookJid(),
            WireTag.InteropJid => ReadInteropJid(),
            _ => ReadText(tag),
        };

        /// <summary>Text that must not be a JID: tags, keys and the parts of JIDs (§4).</summary>
        private string ReadText(byte tag) => tag switch
        {
            > WireTag.ListEmpty and < TokenDictionary.FirstDoubleTag => dictionary.Single(tag),
            >= TokenDictionary.FirstDoubleTag and < TokenDictionary.FirstDoubleTag + TokenDictionary.DoubleLists =>
                dictionary.Double(tag, ReadByte()),
            WireTag.Binary8 or WireTag.Binary20 or WireTag.Binary32 => Encoding.UTF8.GetString(Take(ReadRawLength(tag))),
            WireTag.Nibble8 or WireTag.Hex8 => ReadPacked(tag),
            _ => throw new MalformedNodeException("text expected"),
        };

        private string ReadPacked(byte tag)
        {
            var count = ReadByte();
            Span<char> text = stackalloc char[2 * PackedText.MaxBytes];
            var length = PackedText.Unpack(tag, Take(count & 0x7F), odd: (count & 0x80) != 0, text);
            return new string(text[..length]);
        }

        // FA user server; the user may be empty: then it is the server itself.
        private string ReadJidPair()
        {
            var tag = ReadByte();
            var user = tag == WireTag.ListEmpty ? "" : ReadText(tag);
            var server = ReadPart();
            return user.Length == 0 ? server : string.Concat(user, "@", server);
        }

        // F7 domain device user
        private string ReadAdJid()
        {
            var server = WireTag.AdServerOf(ReadByte());
            var device = ReadByte();
            return JidText(ReadPart(), device, server);
        }

        // F6 user device16 server
        private string ReadFacebookJid()
        {
            var user = ReadPart();
            var device = ReadUInt16();
            return JidText(user, device, ReadServer(WireTag.FacebookServer));
        }

        // F5 user device16 integrator16 server
        private string ReadInteropJid()
        {
            var user = ReadPart();
            var device = ReadUInt16();
            var integrator = ReadUInt16();
            return JidText(string.Create(CultureInfo.InvariantCulture, $"{integrator}-{user}"), device, ReadServer(WireTag.InteropServer));
        }

        private string ReadPart()
        {
            var part = ReadText(ReadByte());
            return part.Length > 0 ? part : throw new MalformedNodeException("JID with an empty part");
        }

        private string ReadServer(string expected) =>
            ReadPart() == expected ? expected : throw new MalformedNodeException("JID with a server that does not fit its tag");

        private static string JidText(string user, int device, string server) =>
            device == 0 ? string.Concat(user, "@", server) : string.Create(CultureInfo.InvariantCulture, $"{user}:{device}@{server}");

        private uint ReadRawLength(byte tag)
        {
            if (tag == WireTag.Binary8)
                return ReadByte();
            if (tag == WireTag.Binary32)
                return BinaryPrimitives.ReadUInt32BigEndian(Take(4));
            var length = Take(3);
            return (uint)((length[0] & 0x0F) << 16 | length[1] << 8 | length[2]);
        }

        private byte ReadByte() => Take(1)[0];

        private ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

        private ReadOnlySpan<byte> Take(long count)
        {
            if (count > _rest.Length)
                throw new MalformedNodeException("stanza ends too early");
            var taken = _rest[..(int)count];
            _rest = _rest[(int)count..];
            return taken;
        }
    }
}
