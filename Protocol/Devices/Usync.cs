using System.Globalization;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Devices;

/// <summary>
/// The contact and device directory (wire/04 §2.1, §2.2).
/// <code>
/// &lt;iq type="get" xmlns="usync" to="s.whatsapp.net"&gt;&lt;usync sid index="0" last="true" mode="query" context="message|interactive"&gt;
///   &lt;query&gt;…&lt;/query&gt;&lt;list&gt;&lt;user jid/&gt;…&lt;/list&gt;&lt;/usync&gt;&lt;/iq&gt;
/// </code>
/// </summary>
internal static class Usync
{
    /// <summary>Asks for the device lists of accounts.</summary>
    public static Node Devices(string sid, IEnumerable<Jid> accounts) =>
        Query(sid, "message", [new Node("devices", ("version", "2"))], accounts.Select(account => new Node("user", ("jid", account.ToString()))));

    /// <summary>Asks whether numbers are on WhatsApp, and for their LIDs.</summary>
    public static Node Contacts(string sid, IEnumerable<Jid> phones) =>
        Query(sid, "interactive", [new Node("contact"), new Node("lid")],
            phones.Select(phone => new Node("user", [("jid", phone.ToString())], [new Node("contact", [], "+" + phone.User)])));

    /// <summary>The users of an answer; malformed ones are left out.</summary>
    public static IReadOnlyList<UsyncUser> Read(Node iq)
    {
        var usync = iq.Child("usync");
        List<UsyncUser> users = [];
        foreach (var user in usync?.Child("list")?.ChildrenOf("user") ?? [])
            if (ReadUser(user) is { } read)
                users.Add(read);
        return users;
    }

    /// <summary>What an answer says of one number: by the echoed number, then by address, then by pn_jid (wire/04 §2.2).</summary>
    public static UsyncUser? Find(Jid phone, IReadOnlyList<UsyncUser> users) =>
        users.FirstOrDefault(user => user.Contact?.Digits == phone.User)
        ?? users.FirstOrDefault(user => user.Jid.ToAccount() == phone)
        ?? users.FirstOrDefault(user => user.Phone == phone);

    /// <summary>A question about users: the protocols asked, and the users.</summary>
    public static Node Query(string sid, string context, IReadOnlyList<Node> asked, IEnumerable<Node> users) =>
        new("iq", [("type", "get"), ("xmlns", "usync"), ("to", Jid.PhoneServer)],
            [new Node("usync", [("sid", sid), ("index", "0"), ("last", "true"), ("mode", "query"), ("context", context)],
                [new Node("query", [], asked), new Node("list", [], [.. users])])]);

    private static UsyncUser? ReadUser(Node user)
    {
        if (!Jid.TryParse(user["jid"], out var jid))
            return null;
        Jid? lid = user.Child("lid")?.JidOf("val") is { IsLid: true } value ? value.ToAccount() : jid.IsLid ? jid.ToAccount() : null;
        Jid? phone = jid.IsPhone && jid.User.Length > 0 ? jid.ToAccount() : user.JidOf("pn_jid")?.ToAccount();
        var contact = user.Child("contact") is { } node ? new UsyncContact(node["type"] ?? "", node.Text?.TrimStart('+') ?? "") : null;
        return new UsyncUser(jid, phone, lid, contact, user.Child("devices") is { } devices ? ReadDevices(devices) : null);
    }

    private static UsyncDevices? ReadDevices(Node node)
    {
        if (node.Child("error") is not null || node.Child("device-list") is not { } list)
            return null;
        List<UsyncDevice> devices = [];
        foreach (var device in list.ChildrenOf("device"))
            if (int.TryParse(device["id"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id <= byte.MaxValue)
                devices.Add(new UsyncDevice(id,
                    uint.TryParse(device["key-index"], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null,
                    device["is_hosted"] == "true"));
        return new UsyncDevices(devices, node.Child("key-index-list")?.Bytes);
    }
}

/// <summary>One user of an answer.</summary>
/// <param name="Jid">As the server named it.</param>
/// <param name="Phone">Phone-number account, when told.</param>
/// <param name="Lid">LID account, when told.</param>
/// <param name="Contact">Answer to the contact question.</param>
/// <param name="Devices">Device list; null = none given, or an error.</param>
internal sealed record UsyncUser(Jid Jid, Jid? Phone, Jid? Lid, UsyncContact? Contact, UsyncDevices? Devices);

/// <summary>in | out | invalid, and the digits that were asked.</summary>
internal sealed record UsyncContact(string Type, string Digits);

/// <summary>A device list with the encoded ADVSignedKeyIndexList.</summary>
internal sealed record UsyncDevices(IReadOnlyList<UsyncDevice> Devices, ReadOnlyMemory<byte>? KeyIndexList);

/// <summary>One device.</summary>
internal sealed record UsyncDevice(int Id, uint? KeyIndex, bool Hosted);
