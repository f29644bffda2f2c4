using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// xmlns <c>usync</c> (wire/04 §2.1-2.2, wire/07 §3): devices, contact, lid, status, picture, business, disappearing_mode.
/// </summary>
internal sealed class UsyncStanzas(SandboxServer server)
{
    private const int MaxUsers = 5000;
    private const string DevicesRefresh = "86400";

    /// <summary>The answer to one query.</summary>
    public Node Answer(Node iq)
    {
        if (iq.Child("usync") is not { } usync || usync.Child("query") is not { } query || usync.Child("list") is not { } list)
            return Stanzas.Answer.Error(iq, 400, "bad-request");
        var protocols = query.Children;
        var result = new Node("result", [], [.. protocols.Select(protocol => protocol.Tag == "devices"
            ? new Node("devices", ("refresh", DevicesRefresh)) : new Node(protocol.Tag))]);
        var users = list.ChildrenOf("user").Take(MaxUsers).Select(user => User(user, protocols)).ToArray();
        return Stanzas.Answer.Result(iq, new Node("usync",
            [("sid", usync["sid"]), ("index", usync["index"] ?? "0"), ("last", usync["last"] ?? "true"), ("mode", usync["mode"]), ("context", usync["context"])],
            [result, new Node("list", [], users)]));
    }

    private Node User(Node asked, IReadOnlyList<Node> protocols)
    {
        var contactQuery = protocols.FirstOrDefault(protocol => protocol.Tag == "contact");
        var echo = asked.Child("contact")?.Text;
        var account = StanzaRouter.AccountOf(server, asked, "jid");
        var contactType = account is null ? "out" : "in";
        if (account is null && echo is not null)
            (account, contactType) = ByNumber(echo);
        var jid = asked.JidOf("jid") is { IsUser: true } given && account is not null ? account.InFormOf(given)
            : account is not null ? contactQuery?["addressing_mode"] == "lid" ? account.Lid : account.Phone
            : default;
        var text = !jid.IsEmpty ? jid.ToString() : asked["jid"] ?? (contactType == "invalid" ? "undefined" : Digits(echo!) + "@" + Jid.PhoneServer);
        var children = protocols.Select(protocol => protocol.Tag switch
        {
            "contact" => echo is null ? new Node("contact", ("type", contactType)) : new Node("contact", [("type", contactType)], echo),
            "devices" => Devices(account, jid),
            "lid" => account is null ? new Node("lid", [], [Stanzas.Answer.ErrorNode(404, "item-not-found")]) : new Node("lid", ("val", account.Lid.ToString())),
            "status" => Status(account),
            "disappearing_mode" => new Node("disappearing_mode", ("duration", "0"), ("t", "0")),
            _ => null,
        });
        return new Node("user", [("jid", text), ("pn_jid", jid.IsLid && !account!.HidesNumber ? account.Phone.ToString() : null)], [.. children.OfType<Node>()]);
    }

    /// <summary>The about text; <c>code="401"</c> when it is hidden (wire/07 §3).</summary>
    private static Node Status(Account? account)
    {
        if (account is null)
            return new Node("status");
        lock (account.Gate)
            return account.HidesProfile ? new Node("status", ("code", "401")) : account.About.Length == 0 ? new Node("status") : new Node("status", [], account.About);
    }

    /// <summary>A number as clients write it: <c>+N</c> or <c>N@c.us</c>.</summary>
    private (Account? Account, string Type) ByNumber(string echo)
    {
        var digits = Digits(echo);
        if (digits.Length is < 5 or > 20 || !digits.All(char.IsAsciiDigit))
            return (null, "invalid");
        return server.Accounts.FindByAnyForm(digits) is { } account ? (account, "in") : (null, "out");
    }

    private static string Digits(string number)
    {
        var at = number.IndexOf('@', StringComparison.Ordinal);
        return (at < 0 ? number : number[..at]).TrimStart('+');
    }

    private static Node Devices(Account? account, Jid form)
    {
        if (account is null)
            return new Node("devices", [], [Stanzas.Answer.ErrorNode(404, "item-not-found")]);
        lock (account.Gate)
        {
            var hash = ParticipantHash.Compute(account.Devices.Select(device => device.InFormOf(form)));
            var list = new Node("device-list", [("hash", hash)], [.. account.Devices.Select(DeviceNode)]);
            return account.KeyIndexList is { } keyIndexes && account.Devices.Count > 1
                ? new Node("devices", [], [list, KeyIndexNode(keyIndexes)])
                : new Node("devices", [], [list]);
        }
    }

    private static Node DeviceNode(Device device) => new("device",
        ("id", device.Number.ToString(CultureInfo.InvariantCulture)),
        ("key-index", device.IsPhone ? null : device.KeyIndex.ToString(CultureInfo.InvariantCulture)));

    /// <summary><c>&lt;key-index-list ts&gt;ADVSignedKeyIndexList&lt;/key-index-list&gt;</c></summary>
    internal static Node KeyIndexNode((byte[] Signed, long Timestamp) list) =>
        new("key-index-list", [("ts", list.Timestamp.ToString(CultureInfo.InvariantCulture))], (ReadOnlyMemory<byte>)list.Signed);
}
