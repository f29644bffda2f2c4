using System.Buffers.Binary;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Tests.Messaging.Relay;

/// <summary>Plays the server for a few accounts: directory, bundles, relay of messages and receipts, acks. Tests bend it through its hooks.</summary>
internal sealed class RelayNetwork
{
    private readonly List<RelayAccount> _accounts = [];
    private readonly Lock _gate = new();
    private readonly List<string> _queries = [];

    /// <summary>Makes the ack of a message; null = none. Default: accepted.</summary>
    public Func<RelayDevice, Node, Node?>? AckFor { get; set; }

    /// <summary>Changes a stanza on its way to a device; null = lost.</summary>
    public Func<RelayDevice, Node, Node?>? OnTheWay { get; set; }

    /// <summary>Answers a question itself, or null.</summary>
    public Func<RelayDevice, Node, Node?>? OnQuery { get; set; }

    /// <summary>Stanzas carry the other address of everyone.</summary>
    public bool TellsPairs { get; set; } = true;

    /// <summary>"usync devices", "usync contact", "encrypt": questions asked so far.</summary>
    public IReadOnlyList<string> Queries { get { lock (_gate) return [.. _queries]; } }

    public RelayAccount AddAccount(string phone, string lid)
    {
        var account = new RelayAccount(this, phone, lid);
        _accounts.Add(account);
        return account;
    }

    public static Node Ack(Node message, string? error = null, string? phash = null) =>
        new("ack", ("class", "message"), ("id", message["id"]), ("from", message["to"]), ("t", "1700000000"), ("error", error), ("phash", phash));

    public Node Answer(RelayDevice from, Node iq)
    {
        if (OnQuery?.Invoke(from, iq) is { } answer)
            return answer;
        if (iq.Child("usync") is { } usync)
            return Usync(usync);
        if (iq["xmlns"] == "encrypt" && iq.Child("key") is { } key)
            return Bundles(key);
        throw new IqErrorException(501, "not on this relay");
    }

    public void Take(RelayDevice from, Node stanza)
    {
        switch (stanza.Tag)
        {
            case "message":
                Relay(from, stanza);
                break;
            case "receipt":
                RelayReceipt(from, stanza);
                break;
        }
    }

    private void Relay(RelayDevice from, Node message)
    {
        var ack = AckFor is null ? Ack(message) : AckFor(from, message);
        if (ack?["error"] is null)
        {
            var to = message.JidOf("to")!.Value;
            if (message.Child("participants") is { } participants)
                foreach (var target in participants.ChildrenOf("to"))
                    Forward(from, message, target.JidOf("jid")!.Value, to.ToAccount(), target.Children);
            else
                Forward(from, message, to, message.JidOf("recipient") ?? to.ToAccount(), [.. message.ChildrenOf("enc")]);
        }
        if (ack is not null)
            from.Deliver(ack);
    }

    private void Forward(RelayDevice from, Node message, Jid target, Jid chat, IReadOnlyList<Node> encrypted)
    {
        if (Find(target) is not { } device)
            return;
        var own = device.Account == from.Account;
        var lidForm = target.IsLid;
        var children = message.Child("device-identity") is { } identity ? encrypted.Append(identity).ToList() : encrypted;
        var peer = FindAccount(chat);
        Send(device, new Node("message",
            [("id", message["id"]), ("from", (lidForm ? from.Lid : from.Phone).ToString()), ("type", message["type"]), ("t", "1700000000"), ("notify", "N" + from.Account.Phone.User),
                ("recipient", own ? chat.ToString() : null),
                (lidForm ? "sender_pn" : "sender_lid", TellsPairs ? (lidForm ? from.Account.Phone : from.Account.Lid).ToString() : null),
                (chat.IsLid ? "peer_recipient_pn" : "peer_recipient_lid", own && TellsPairs && peer is not null ? (chat.IsLid ? peer.Phone : peer.Lid).ToString() : null)],
            children));
    }

    private void RelayReceipt(RelayDevice from, Node receipt)
    {
        if (receipt.JidOf("to") is not { IsUser: true } to || FindAccount(to) is not { } account)
            return;
        var sender = (to.IsLid ? from.Lid : from.Phone).ToString();
        var targets = to.Device != 0 || receipt["type"] == "retry" ? account.Devices.Where(device => device.Number == to.Device) : account.Devices;
        foreach (var device in targets.Where(device => device != from).ToList())
            Send(device, receipt.With(("from", sender), ("to", null), ("t", "1700000001")));
    }

    private void Send(RelayDevice device, Node stanza)
    {
        if ((OnTheWay is null ? stanza : OnTheWay(device, stanza)) is { } arriving)
            device.Deliver(arriving);
    }

    private Node Usync(Node usync)
    {
        var contacts = usync.Child("query")!.Child("contact") is not null;
        lock (_gate)
            _queries.Add(contacts ? "usync contact" : "usync devices");
        var users = usync.Child("list")!.ChildrenOf("user").Select(user => contacts ? ContactOf(user) : DevicesOf(user));
        return new Node("iq", [("type", "result")], [new Node("usync", [], [new Node("list", [], [.. users.OfType<Node>()])])]);
    }

    private Node ContactOf(Node user)
    {
        var asked = user.Child("contact")!.Text!;
        var account = FindAccount(user.JidOf("jid")!.Value) is { Exists: true } found ? found : null;
        List<Node> children = [new Node("contact", [("type", account is null ? "out" : "in")], asked)];
        if (account is { LidIsPublic: true })
            children.Add(new Node("lid", ("val", account.Lid.ToString())));
        return new Node("user", [("jid", user["jid"])], children);
    }

    private Node? DevicesOf(Node user) =>
        FindAccount(user.JidOf("jid")!.Value) is { } account ? new Node("user", [("jid", user["jid"])], [account.DevicesNode()]) : null;

    private Node Bundles(Node key)
    {
        lock (_gate)
            _queries.Add("encrypt");
        return new Node("iq", [("type", "result")], [new Node("list", [], [.. key.ChildrenOf("user").Select(user => BundleOf(user.JidOf("jid")!.Value))])]);
    }

    private Node BundleOf(Jid jid)
    {
        if (Find(jid) is not { } device)
            return new Node("user", [("jid", jid.ToString())], [new Node("error", ("code", "404"), ("text", "item-not-found"))]);
        var (identity, signed) = (device.Credentials.Identity, device.Credentials.SignedPreKeys[0]);
        var registration = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(registration, identity.RegistrationId);
        List<Node> children =
        [
            new Node("registration", [], registration), new Node("type", [], new byte[] { 5 }), new Node("identity", [], identity.IdentityKey.PublicKey),
            new Node("skey", [], [new Node("id", [], PreKeyBundles.IdBytes(signed.Id)), new Node("value", [], signed.Keys.PublicKey), new Node("signature", [], signed.Signature)]),
        ];
        lock (device.ServerPreKeys)
            if (device.ServerPreKeys.TryDequeue(out var oneTime))
                children.Add(new Node("key", [], [new Node("id", [], PreKeyBundles.IdBytes(oneTime.Id)), new Node("value", [], oneTime.Keys.PublicKey)]));
        return new Node("user", [("jid", jid.ToString())], children);
    }

    private RelayDevice? Find(Jid jid) => FindAccount(jid)?.Devices.FirstOrDefault(device => device.Number == jid.Device);

    private RelayAccount? FindAccount(Jid jid) => _accounts.FirstOrDefault(account => account.Phone.IsSameAccount(jid) || account.Lid.IsSameAccount(jid));
}
