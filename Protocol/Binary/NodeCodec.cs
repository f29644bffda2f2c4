namespace WhatsApp.Protocol.Binary;

/// <summary>The two token tables of wire/02-binary-node.md §2; the fourth byte of the connection prologue names one.</summary>
public sealed class TokenDictionary
{
    /// <summary>Dictionary of all current clients.</summary>
    public static TokenDictionary Version3 => throw new NotImplementedException();
    /// <summary>Dictionary of older clients (Baileys 6).</summary>
    public static TokenDictionary Version2 => throw new NotImplementedException();
    /// <summary>2 or 3.</summary>
    public byte Version => throw new NotImplementedException();
}

/// <summary>Bytes that are not a stanza. The stream may be out of step: close and reconnect.</summary>
public sealed class MalformedNodeException(string message) : Exception(message);

/// <summary>Reads one stanza plaintext (flag byte + node).</summary>
public static class NodeReader
{
    /// <summary>Decodes a whole stanza.</summary>
    /// <exception cref="MalformedNodeException">Anything but exactly one well-formed node within the limits.</exception>
    public static Node Read(ReadOnlySpan<byte> stanza, TokenDictionary dictionary) => throw new NotImplementedException();
    /// <summary>True for the one-byte stanza 02: the server ends the stream.</summary>
    public static bool IsStreamEnd(ReadOnlySpan<byte> stanza) => throw new NotImplementedException();
}

/// <summary>Writes one stanza plaintext (flag byte 00 + node).</summary>
public static class NodeWriter
{
    /// <summary>Appends the encoded stanza.</summary>
    public static void Write(Node node, TokenDictionary dictionary, System.Buffers.IBufferWriter<byte> output) => throw new NotImplementedException();
    /// <summary>The encoded stanza as an array.</summary>
    public static byte[] ToArray(Node node, TokenDictionary dictionary) => throw new NotImplementedException();
}
