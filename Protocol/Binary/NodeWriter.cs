using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace WhatsApp.Protocol.Binary;

/// <summary>Writes one stanza plaintext: flag byte 00 and the node, never compressed.</summary>
/// <remarks>
/// wire/02-binary-node.md §3–§5. Every text takes the first form that fits: token, packed, JID (attribute values only), raw UTF-8.
/// </remarks>
public static class NodeWriter
{
    private const int MaxListSize = ushort.MaxValue;

    /// <summary>Appends the encoded stanza.</summary>
    /// <exception cref="ArgumentException">A node has more attributes or children than a list can hold (65,535 entries),
    /// or the tree is deeper than <see cref="NodeReader.MaxDepth"/>.</exception>
    public static void Write(Node node, TokenDictionary dictionary, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(dictionary);
        ArgumentNullException.ThrowIfNull(output);
        var pen = new Pen(dictionary, output);
        pen.WriteByte(0);
        pen.WriteNode(node, 1);
        pen.Flush();
    }

    /// <summary>The encoded stanza as an array.</summary>
    /// <exception cref="ArgumentException">As <see cref="Write"/>.</exception>
    public static byte[] ToArray(Node node, TokenDictionary dictionary)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(node, dictionary, output);
        return output.WrittenSpan.ToArray();
    }

    private ref struct Pen(TokenDictionary dictionary, IBufferWriter<byte> output)
    {
        private const int SpanHint = 256;
        private Span<byte> _free;
        private int _used;

        public void WriteNode(Node node, int depth)
        {
            if (depth > NodeReader.MaxDepth)
                throw new ArgumentException("nodes are nested too deeply", nameof(node));
            var bytes = node.Bytes;
            var hasContent = bytes is not null || node.HasChildList;
            WriteListHeader(1 + 2 * node.Attributes.Length + (hasContent ? 1 : 0));
            WriteText(node.Tag);
            foreach (var (key, value) in node.Attributes)
            {
                WriteText(key);
                WriteValue(value);
            }
            if (bytes is { } content)
                WriteRaw(content.Span);
            else if (hasContent)
                WriteChildren(node.Children, depth + 1);
        }

        public void WriteByte(byte value)
        {
            Reserve(1)[0] = value;
            _used++;
        }

        public void Flush()
        {
            output.Advance(_used);
            _used = 0;
            _free = default;
        }

        private void WriteChildren(IReadOnlyList<Node> children, int depth)
        {
            WriteListHeader(children.Count);
            for (var i = 0; i < children.Count; i++)
                WriteNode(children[i], depth);
        }

        private void WriteListHeader(int size)
        {
            if (size > MaxListSize)
                throw new ArgumentException("a node has more attributes or children than a list can hold", nameof(size));
            var header = Reserve(3);
            if (size <= byte.MaxValue)
            {
                header[0] = WireTag.List8;
                header[1] = (byte)size;
                _used += 2;
                return;
            }
            header[0] = WireTag.List16;
            BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)size);
            _used += 3;
        }

        /// <summary>An attribute value: token, packed, JID or raw.</summary>
        private void WriteValue(string value)
        {
            if (!TryWriteShort(value) && !TryWriteJid(value))
                WriteRawText(value);
        }

        /// <summary>A tag, a key or a part of a JID: token, packed or raw.</summary>
        private void WriteText(ReadOnlySpan<char> text)
        {
            if (!TryWriteShort(text))
                WriteRawText(text);
        }

        private bool TryWriteShort(ReadOnlySpan<char> text)
        {
            if (dictionary.TryGetCode(text, out var code))
            {
                if (code > byte.MaxValue)
                    WriteByte((byte)(code >> 8));
                WriteByte((byte)code);
                return true;
            }
            if (PackedText.TagFor(text) is not { } tag)
                return false;
            WriteByte(tag);
            var free = Reserve(1 + (PackedText.MaxLength + 1) / 2);
            _used += PackedText.Pack(text, free);
            return true;
        }

        /// <summary>Writes <c>user[:device]@server</c> as AD_JID or JID_PAIR; false for a text that is no such thing (§5).</summary>
        private bool TryWriteJid(ReadOnlySpan<char> value)
        {
            var at = value.IndexOf('@');
            if (at <= 0 || at == value.Length - 1 || value[(at + 1)..].Contains('@'))
                return false;
            var user = value[..at];
            var server = value[(at + 1)..];
            var colon = user.IndexOf(':');
            byte device = 0;
            if (colon == 0
                || (colon > 0 && !byte.TryParse(user[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out device)))
                return false;
            if (device == 0)
            {
                WriteByte(WireTag.JidPair);
                WriteText(colon < 0 ? user : user[..colon]);
                WriteText(server);
                return true;
            }
            if (WireTag.AdDomainOf(server) is not { } domain)
                return false;
            WriteByte(WireTag.AdJid);
            WriteByte(domain);
            WriteByte(device);
            WriteText(user[..colon]);
            return true;
        }

        private void WriteRawText(ReadOnlySpan<char> text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            WriteRawHeader(length);
            var free = Reserve(length);
            _used += Encoding.UTF8.GetBytes(text, free);
        }

        private void WriteRaw(ReadOnlySpan<byte> bytes)
        {
            WriteRawHeader(bytes.Length);
            bytes.CopyTo(Reserve(bytes.Length));
            _used += bytes.Length;
        }

        private void WriteRawHeader(int length)
        {
            var header = Reserve(5);
            switch (length)
            {
                case < 1 << 8:
                    header[0] = WireTag.Binary8;
                    header[1] = (byte)length;
                    _used += 2;
                    break;
                case < 1 << 20:
                    BinaryPrimitives.WriteUInt32BigEndian(header, (uint)length);
                    header[0] = WireTag.Binary20;
                    _used += 4;
                    break;
                default:
                    header[0] = WireTag.Binary32;
                    BinaryPrimitives.WriteUInt32BigEndian(header[1..], (uint)length);
                    _used += 5;
                    break;
            }
        }

        /// <summary>
        /// At least this many free bytes; the caller then adds what it used to <c>_used</c>,
        /// in a statement of its own, because a flush in here sets that to zero.
        /// </summary>
        private Span<byte> Reserve(int count)
        {
            if (_free.Length - _used < count)
            {
                Flush();
                _free = output.GetSpan(Math.Max(count, SpanHint));
            }
            return _free[_used..];
        }
    }
}
