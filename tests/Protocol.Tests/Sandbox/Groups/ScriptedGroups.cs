using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;

namespace WhatsApp.Protocol.Tests.Sandbox.Groups;

/// <summary>What a companion does in groups, step by step.</summary>
internal sealed class ScriptedGroups(ScriptedClient client)
{
    private readonly Dictionary<(Jid Group, Jid Sender), SenderKeyRecord> _keys = [];
    private readonly HashSet<Jid> _told = [];
    private SenderKeyRecord _own = SenderKeyRecord.NewOwn();

    public async Task<Node> AskAsync(Node iq)
    {
        var id = Guid.NewGuid().ToString("N");
        await client.SendAsync(new Node("iq", [("id", id), .. iq.Attributes.ToArray().Select(pair => (pair.Key, (string?)pair.Value))], iq.Children));
        return await client.ReceiveAsync(node => node.Tag == "iq" && node["id"] == id);
    }

    public async Task<GroupInfo> InfoAsync(Jid group) => GroupQueries.ReadGroup(await AskAsync(GroupQueries.Info(group)))!;

    /// <summary>The next group notification, acknowledged.</summary>
    public async Task<GroupNotice> NoticeAsync()
    {
        var stanza = await client.ReceiveAsync(GroupNotices.Is);
        await client.SendAsync(new Node("ack", ("class", "notification"), ("id", stanza["id"]), ("to", stanza["from"]), ("type", "w:gp2"), ("participant", stanza["participant"])));
        return GroupNotices.Read(stanza)!;
    }

    /// <summary>Sends a text to all devices, or to those given; gives the server's ack.</summary>
    public async Task<Node> SendTextAsync(GroupInfo group, string text, IReadOnlyList<Jid>? devices = null, string? mode = null)
    {
        var self = group.Addressing == AddressingMode.Lid ? client.Device.Lid : client.Device.Jid;
        devices ??= await client.DevicesAsync([.. group.Members.Select(member => member.Jid)]);
        var distribution = new Message
        {
            SenderKeyDistributionMessage = new() { GroupId = group.Id.ToString(), AxolotlSenderKeyDistributionMessage = ByteString.CopyFrom(SenderKeyDistribution.Create(_own)) },
        };
        var targets = new List<Node>();
        foreach (var device in devices.Where(device => device != self && _told.Add(device)))
            targets.Add(new Node("to", [("jid", device.ToString())], [await client.EncryptAsync(device, distribution)]));
        var encrypted = SenderKeyCipher.Encrypt(_own, MessagePadding.Pad(new Message { Conversation = text }.ToByteArray()));
        _own = encrypted.Next;
        var id = Guid.NewGuid().ToString("N").ToUpperInvariant();
        List<Node> children = targets.Count == 0 ? [] : [new Node("participants", [], targets)];
        children.Add(new Node("enc", [("v", "2"), ("type", "skmsg")], (ReadOnlyMemory<byte>)encrypted.Ciphertext));
        children.Add(ScriptedSteps.Leaf("device-identity", client.Device.SignedIdentity!));
        await client.SendAsync(new Node("message",
            [("id", id), ("to", group.Id.ToString()), ("type", "text"), ("phash", ParticipantHash.Compute(devices)), ("addressing_mode", mode ?? (group.Addressing == AddressingMode.Lid ? "lid" : "pn"))], children));
        return await client.ReceiveAsync(node => node.Tag == "ack" && node["id"] == id);
    }

    /// <summary>The next message of a group, decrypted as far as the keys are there; with the types of its encs.</summary>
    public async Task<(Node Stanza, string Types, string? Text)> ReceiveAsync(bool confirm = true)
    {
        var stanza = await client.ReceiveAsync(node => node.Tag == "message" && node.JidOf("from") is { IsGroup: true });
        var (group, sender) = (stanza.JidOf("from")!.Value, stanza.JidOf("participant")!.Value);
        string? text = null;
        foreach (var enc in stanza.ChildrenOf("enc"))
        {
            var content = enc["type"] == "skmsg" ? OpenGroup(group, sender, enc) : client.Open(new Node("message", [("from", sender.ToString())], [enc]));
            if (content.SenderKeyDistributionMessage is { } distribution)
                _keys[(group, sender)] = SenderKeyDistribution.Process(_keys.GetValueOrDefault((group, sender), SenderKeyRecord.Empty), distribution.AxolotlSenderKeyDistributionMessage.Span);
            text = content.HasConversation ? content.Conversation : text;
        }
        if (confirm)
            await client.SendAsync(new Node("receipt", ("id", stanza["id"]), ("to", stanza["from"]), ("participant", stanza["participant"])));
        return (stanza, string.Join('+', stanza.ChildrenOf("enc").Select(enc => enc["type"])), text);
    }

    private Message OpenGroup(Jid group, Jid sender, Node enc)
    {
        var opened = SenderKeyCipher.Decrypt(_keys.GetValueOrDefault((group, sender), SenderKeyRecord.Empty), enc.Bytes!.Value.Span);
        _keys[(group, sender)] = opened.Next;
        return Message.Parser.ParseFrom(MessagePadding.Unpad(opened.Plaintext));
    }
}
