using System.Buffers.Binary;
using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.PreKeyUpload;

/// <summary>
/// What the server is told about our keys (wire/01 §8.3):
/// <code>
/// &lt;iq type="set" xmlns="encrypt"&gt; registration(4) type(05) identity(32) list{key{id(3) value(32)} …} skey{id(3) value(32) signature(64)}
/// &lt;iq type="get" xmlns="encrypt"&gt;&lt;count/&gt;      &lt;iq type="get" xmlns="encrypt"&gt;&lt;digest/&gt;
/// &lt;iq type="set" xmlns="encrypt"&gt;&lt;rotate&gt;&lt;skey&gt;…&lt;/skey&gt;&lt;/rotate&gt;
/// </code>
/// </summary>
internal static class PreKeyStanzas
{
    /// <summary>Adds one-time keys and replaces the signed pre-key.</summary>
    public static Node Upload(DeviceCredentials credentials, IReadOnlyList<PreKey> keys) => Iq("set",
        new Node("registration", [], BigEndian(credentials.Identity.RegistrationId, 4)),
        new Node("type", [], new byte[] { 0x05 }),
        new Node("identity", [], credentials.Identity.IdentityKey.PublicKey),
        new Node("list", [], [.. keys.Select(key => new Node("key", [], [Id(key.Id), new Node("value", [], key.Keys.PublicKey)]))]),
        SignedKey(credentials.SignedPreKeys[0]));

    /// <summary>Asks how many one-time keys the server has left.</summary>
    public static Node AskCount() => Iq("get", new Node("count"));

    /// <summary>Asks for a digest of what the server has.</summary>
    public static Node AskDigest() => Iq("get", new Node("digest"));

    /// <summary>Replaces the signed pre-key alone.</summary>
    public static Node Rotate(SignedPreKey key) => Iq("set", new Node("rotate", [], [SignedKey(key)]));

    /// <summary>The number of a <c>&lt;count value/&gt;</c> inside an answer or a notification; null when it is not there.</summary>
    public static int? ReadCount(Node stanza) =>
        int.TryParse(stanza.Child("count")?["value"], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    private static Node Iq(string type, params Node[] children) =>
        new("iq", [("to", Jid.PhoneServer), ("type", type), ("xmlns", "encrypt")], children);

    private static Node SignedKey(SignedPreKey key) =>
        new("skey", [], [Id(key.Id), new Node("value", [], key.Keys.PublicKey), new Node("signature", [], key.Signature)]);

    private static Node Id(uint id) => new("id", [], BigEndian(id, 3));

    private static byte[] BigEndian(uint value, int size)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes[(4 - size)..];
    }
}
