using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Faults;

/// <summary>Changes a message's ciphertext the way a bad transport would: the stanza stays well-formed.</summary>
internal static class Corruption
{
    /// <summary>The stanza with the last byte (the MAC) of its first <c>enc</c> changed; unchanged without one.</summary>
    public static Node Of(Node message)
    {
        var children = message.Children.ToArray();
        var index = Array.FindIndex(children, child => child is { Tag: "enc", Bytes.Length: > 0 });
        if (index < 0)
            return message;
        var bytes = children[index].Bytes!.Value.ToArray();
        // A pkmsg ends with the ids of the pre-keys used: change the middle, which is inside the ciphertext.
        bytes[bytes.Length / 2] ^= 0x01;
        children[index] = new Node("enc", children[index].Attributes.ToArray().Select(pair => (pair.Key, (string?)pair.Value)).ToArray(), (ReadOnlyMemory<byte>)bytes);
        return new Node(message.Tag, message.Attributes.ToArray().Select(pair => (pair.Key, (string?)pair.Value)).ToArray(), children);
    }
}
