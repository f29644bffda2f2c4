using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Pairing;

/// <summary>What the companion says and hears when it links by code (wire/01 §7.1–§7.3, §7.5).</summary>
internal static class LinkCodeStanzas
{
    private const string Reg = "link_code_companion_reg";

    /// <summary>
    /// <code>
    /// &lt;iq to="s.whatsapp.net" type="set" xmlns="md"&gt;&lt;link_code_companion_reg jid stage="companion_hello" should_show_push_notification="true"&gt;
    ///   &lt;link_code_pairing_wrapped_companion_ephemeral_pub&gt;80 bytes&lt;/…&gt; &lt;companion_server_auth_key_pub&gt;32 bytes&lt;/…&gt;
    ///   &lt;companion_platform_id&gt;1&lt;/…&gt; &lt;companion_platform_display&gt;Chrome (Linux)&lt;/…&gt; &lt;link_code_pairing_nonce&gt;00&lt;/…&gt;
    /// </code>
    /// </summary>
    /// <param name="account">Whose phone is asked.</param>
    /// <param name="wrappedEphemeral">80 bytes.</param>
    /// <param name="noiseKey">Our noise public key, 32 bytes.</param>
    /// <param name="deviceName">"Browser (OS)"; of any other name the server refuses the hello, so the usual one is shown instead.</param>
    public static Node CompanionHello(Jid account, byte[] wrappedEphemeral, byte[] noiseKey, string deviceName)
    {
        var platform = CompanionPlatform.Parse(deviceName);
        var isKnown = platform.Id != "0";
        return Iq(new Node(Reg, [("jid", account.ToString()), ("stage", "companion_hello"), ("should_show_push_notification", "true")],
        [
            Leaf("link_code_pairing_wrapped_companion_ephemeral_pub", wrappedEphemeral),
            Leaf("companion_server_auth_key_pub", noiseKey),
            new Node("companion_platform_id", [], isKnown ? platform.Id : "1"),
            new Node("companion_platform_display", [], isKnown ? deviceName : new DeviceOptions().DeviceName),
            Leaf("link_code_pairing_nonce", [0]),
        ]));
    }

    /// <summary>The ref in the answer to companion_hello; null when there is none.</summary>
    public static byte[]? ReferenceIn(Node answer) =>
        answer.Child(Reg)?.Child("link_code_pairing_ref")?.Bytes is { Length: > 0 } reference ? reference.ToArray() : null;

    /// <summary>True for the notifications of an exchange.</summary>
    public static bool IsNotification(Node stanza) => stanza.Tag == "notification" && stanza["type"] == Reg;

    /// <summary>
    /// The user typed the code: primary_hello with
    /// <c>&lt;link_code_pairing_wrapped_primary_ephemeral_pub/&gt;&lt;primary_identity_pub/&gt;&lt;link_code_pairing_ref/&gt;</c>. Empty parts when missing.
    /// </summary>
    public static bool IsPrimaryHello(Node notification, out ReadOnlyMemory<byte> wrappedEphemeral, out ReadOnlyMemory<byte> identityKey)
    {
        var hello = notification.Child(Reg);
        wrappedEphemeral = hello?.Child("link_code_pairing_wrapped_primary_ephemeral_pub")?.Bytes ?? default;
        identityKey = hello?.Child("primary_identity_pub")?.Bytes ?? default;
        return hello?["stage"] == "primary_hello";
    }

    /// <summary>The server wants another code: <c>stage="refresh_code"</c>.</summary>
    public static bool IsRefresh(Node notification) => notification.Child(Reg)?["stage"] == "refresh_code";

    /// <summary>True when the notification names this ref.</summary>
    public static bool Names(Node notification, byte[] reference) =>
        notification.Child(Reg)?.Child("link_code_pairing_ref")?.Bytes is { } named && named.Span.SequenceEqual(reference);

    /// <summary>
    /// <code>
    /// &lt;iq …&gt;&lt;link_code_companion_reg jid stage="companion_finish"&gt;
    ///   &lt;link_code_pairing_wrapped_key_bundle&gt;156 bytes&lt;/…&gt;&lt;companion_identity_public&gt;32 bytes&lt;/…&gt;&lt;link_code_pairing_ref/&gt;
    /// </code>
    /// </summary>
    public static Node CompanionFinish(Jid account, byte[] bundle, byte[] identityKey, byte[] reference) =>
        Iq(new Node(Reg, [("jid", account.ToString()), ("stage", "companion_finish")],
        [
            Leaf("link_code_pairing_wrapped_key_bundle", bundle),
            Leaf("companion_identity_public", identityKey),
            Leaf("link_code_pairing_ref", reference),
        ]));

    private static Node Iq(Node child) => new("iq", [("to", Jid.PhoneServer), ("type", "set"), ("xmlns", "md")], [child]);

    private static Node Leaf(string tag, byte[] bytes) => new(tag, [], (ReadOnlyMemory<byte>)bytes);
}
