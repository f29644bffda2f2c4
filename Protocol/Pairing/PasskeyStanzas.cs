using System.Text;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Pairing;

/// <summary>
/// What the companion says and hears when the server demands a passkey (wire/01 §7.6).
/// <code>
/// &lt;notification type="passkey_prologue_request"&gt;[&lt;passkey_request_options&gt;JSON&lt;/…&gt;]&lt;/notification&gt;
/// &lt;iq type="get" xmlns="md"&gt;&lt;passkey_request_options/&gt; or &lt;ref/&gt;&lt;/iq&gt;
/// &lt;iq type="set" xmlns="md"&gt;&lt;passkey_prologue&gt;&lt;credential_id/&gt;&lt;webauthn_assertion/&gt;&lt;prologue_payload/&gt;[&lt;pairing_handoff_proof/&gt;]&lt;/passkey_prologue&gt;&lt;/iq&gt;
/// &lt;notification type="crsc_continuation"&gt;&lt;primary_ephemeral_identity&gt;PrimaryEphemeralIdentity&lt;/…&gt;&lt;/notification&gt;
/// &lt;iq type="set" xmlns="md"&gt;&lt;companion_nonce&gt;32 bytes&lt;/…&gt; then &lt;encrypted_pairing_request&gt;EncryptedPairingRequest&lt;/…&gt;
/// </code>
/// </summary>
internal static class PasskeyStanzas
{
    private const int MaxOptions = 64 * 1024;
    private const string Options = "passkey_request_options";

    public static bool IsRequest(Node stanza) => stanza.Tag == "notification" && stanza["type"] == "passkey_prologue_request";

    public static bool IsContinuation(Node stanza) => stanza.Tag == "notification" && stanza["type"] == "crsc_continuation";

    /// <summary>WebAuthn request options, JSON, of the notification or of the answer to <see cref="AskOptions"/>; null when there are none.</summary>
    public static string? OptionsIn(Node stanza)
    {
        if (stanza.Child(Options) is not { } options || (options.Bytes is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : options.Text) is not { Length: > 0 and <= MaxOptions } json)
            return null;
        try
        {
            using var document = System.Text.Json.JsonDocument.Parse(json);
            return document.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object ? json : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    public static Node AskOptions() => Iq("get", new Node(Options));

    public static Node AskReference() => Iq("get", new Node("ref"));

    /// <summary>The ref in the answer to <see cref="AskReference"/>; null when there is none.</summary>
    public static string? ReferenceIn(Node answer) =>
        answer.Child("ref") is { } node && (node.Bytes is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : node.Text) is { Length: > 0 and <= 1024 } text ? text : null;

    /// <param name="credentialId">Of the passkey that signed.</param>
    /// <param name="assertion">WebAuthn assertion, JSON.</param>
    /// <param name="prologue">Encoded ProloguePayload.</param>
    /// <param name="proof">32 bytes, or null.</param>
    public static Node Prologue(byte[] credentialId, byte[] assertion, byte[] prologue, byte[]? proof)
    {
        List<Node> parts = [Leaf("credential_id", credentialId), Leaf("webauthn_assertion", assertion), Leaf("prologue_payload", prologue)];
        if (proof is not null)
            parts.Add(Leaf("pairing_handoff_proof", proof));
        return Iq("set", new Node("passkey_prologue", [], parts));
    }

    /// <summary>The phone's key and nonce in a continuation, 32 bytes each; null when they are not there.</summary>
    public static (byte[] Key, byte[] Nonce)? PrimaryIn(Node notification)
    {
        if (notification.Child("primary_ephemeral_identity")?.Bytes is not { } bytes)
            return null;
        try
        {
            var primary = PrimaryEphemeralIdentity.Parser.ParseFrom(bytes.Span);
            return primary is { PublicKey.Length: 32, Nonce.Length: 32 } ? (primary.PublicKey.ToByteArray(), primary.Nonce.ToByteArray()) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public static Node Nonce(byte[] nonce) => Iq("set", Leaf("companion_nonce", nonce));

    public static Node Request(byte[] encrypted) => Iq("set", Leaf("encrypted_pairing_request", encrypted));

    private static Node Iq(string type, Node child) => new("iq", [("to", Jid.PhoneServer), ("type", type), ("xmlns", "md")], [child]);

    private static Node Leaf(string tag, byte[] bytes) => new(tag, [], (ReadOnlyMemory<byte>)bytes);
}
