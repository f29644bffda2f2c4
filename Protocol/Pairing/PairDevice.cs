using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Pairing;

/// <summary>
/// The server's refs for QR codes (wire/01 §6.1):
/// <code>
/// &lt;iq from="s.whatsapp.net" type="set" id xmlns="md"&gt;&lt;pair-device&gt;&lt;ref&gt;bytes&lt;/ref&gt; × 6&lt;/pair-device&gt;&lt;/iq&gt;
/// &lt;iq to="s.whatsapp.net" type="result" id/&gt;
/// </code>
/// </summary>
public static class PairDevice
{
    /// <summary>True for this iq.</summary>
    public static bool Is(Node stanza) => stanza.Tag == "iq" && stanza["type"] == "set" && stanza.Child("pair-device") is not null;

    /// <summary>The refs in order; empty ones are left out.</summary>
    public static IReadOnlyList<string> References(Node stanza) =>
        stanza.Child("pair-device") is { } offer ? [.. offer.ChildrenOf("ref").Select(r => r.Text).OfType<string>().Where(text => text.Length > 0)] : [];

    /// <summary>The answer, due at once.</summary>
    public static Node Reply(Node stanza) => new("iq", ("id", stanza["id"]), ("to", Jid.PhoneServer), ("type", "result"));
}
