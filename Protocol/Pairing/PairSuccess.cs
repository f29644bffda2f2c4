using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Pairing;

/// <summary>
/// The phone accepted us (wire/01 §6.4–§6.6):
/// <code>
/// &lt;iq from="s.whatsapp.net" type="set" id xmlns="md" t&gt;&lt;pair-success&gt;
///   &lt;device-identity&gt;wrapped&lt;/device-identity&gt;&lt;device jid lid/&gt;&lt;platform name/&gt;[&lt;biz name/&gt;]&lt;/pair-success&gt;&lt;/iq&gt;
/// &lt;iq id to="s.whatsapp.net" type="result"&gt;&lt;pair-device-sign&gt;&lt;device-identity key-index&gt;signed&lt;/device-identity&gt;&lt;/pair-device-sign&gt;&lt;/iq&gt;
/// &lt;iq id to="s.whatsapp.net" type="error"&gt;&lt;error code="401" text="not-authorized"/&gt;&lt;/iq&gt;
/// </code>
/// </summary>
/// <param name="StanzaId">Id to answer under.</param>
/// <param name="WrappedIdentity">For <see cref="CompanionIdentity.Accept(ReadOnlySpan{byte}, ReadOnlySpan{byte}, Crypto.KeyPair)"/>.</param>
/// <param name="Jid">Own phone-number device address.</param>
/// <param name="Lid">Own LID device address, same device number; null when the server gave none.</param>
/// <param name="Platform">android, iphone, smba, smbi.</param>
/// <param name="BusinessName">Of business accounts.</param>
public sealed record PairSuccess(string StanzaId, ReadOnlyMemory<byte> WrappedIdentity, Jid Jid, Jid? Lid, string? Platform, string? BusinessName)
{
    /// <summary>True for this iq.</summary>
    public static bool Is(Node stanza) => stanza.Tag == "iq" && stanza["type"] == "set" && stanza.Child("pair-success") is not null;

    /// <summary>Reads the stanza; the identity in it is not checked yet.</summary>
    /// <exception cref="PairingRefusedException">Identity or device address is missing or impossible.</exception>
    public static PairSuccess Read(Node stanza)
    {
        var success = stanza.Child("pair-success") ?? throw Malformed("no pair-success");
        var wrapped = success.Child("device-identity")?.Bytes ?? throw Malformed("no device-identity");
        var device = success.Child("device") ?? throw Malformed("no device");
        if (device.JidOf("jid") is not { IsPhone: true, User.Length: > 0, Device: > 0 } jid)
            throw Malformed("the device has no phone-number address");
        var lid = device.JidOf("lid");
        if (lid is { } hidden && (!hidden.IsLid || hidden.User.Length == 0 || hidden.Device != jid.Device))
            throw Malformed("the device's LID is not of the same device");
        return new(stanza["id"] ?? throw Malformed("no id"), wrapped, jid, lid, success.Child("platform")?["name"], success.Child("biz")?["name"]);
    }

    /// <summary>The credentials of the linked device: to be stored before <see cref="Accept"/> is sent.</summary>
    public DeviceCredentials Link(DeviceCredentials credentials, CompanionIdentity identity) => credentials with
    {
        Jid = Jid,
        Lid = Lid,
        SignedDeviceIdentity = identity.Signed,
        Platform = Platform,
        BusinessName = BusinessName,
        LoginCounter = 0,
    };

    /// <summary>pair-device-sign. The server then ends the stream with code 515.</summary>
    public Node Accept(CompanionIdentity identity) => new("iq", [("id", StanzaId), ("to", Jid.PhoneServer), ("type", "result")],
    [
        new("pair-device-sign", [], [new Node("device-identity", [("key-index", identity.KeyIndexText)], identity.Reply)]),
    ]);

    /// <summary>The refusal of a pair-success.</summary>
    public static Node Refuse(Node stanza) => new("iq", [("id", stanza["id"]), ("to", Jid.PhoneServer), ("type", "error")],
    [
        new("error", ("code", "401"), ("text", "not-authorized")),
    ]);

    private static PairingRefusedException Malformed(string what) => new(PairingRefusal.Malformed, $"pair-success: {what}");
}
