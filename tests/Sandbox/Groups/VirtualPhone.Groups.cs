using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Sandbox.Groups;
using Account = WhatsApp.Sandbox.Accounts.Account;

namespace WhatsApp.Sandbox.Phones;

/// <summary>
/// Groups (wire/04 §6): one ciphertext under the phone's sender key for all, and the key itself, encrypted for each device that does not
/// have it. When a member leaves, the next message gets a new key.
/// </summary>
public sealed partial class VirtualPhone
{
    private readonly PhoneSenderKeys _senderKeys = new();

    /// <summary>Forgets the sender keys others gave in a group, as after a lost backup: the next message of each must be asked for again.</summary>
    public void LoseSenderKeys(Jid group)
    {
        lock (_gate)
            _senderKeys.Lose(group);
    }

    private SandboxGroup GroupOf(Jid id) =>
        _server.Groups.Find(id) is { } group && group.State.Find(_account) is not null ? group : throw new PhoneException("the phone is not in this group");

    /// <summary>The stanza of a message to a group.</summary>
    private Node GroupStanza(string id, SandboxGroup group, Message content)
    {
        var devices = group.Devices().Select(device => group.Address(device.Account).WithDevice(device.Number)).ToList();
        var self = group.Address(_account);
        // Somebody who has the key is no longer in the group.
        if (!_senderKeys.Own(group.Id).Told.IsSubsetOf(devices))
            _senderKeys.Rotate(group.Id);
        var (record, told) = _senderKeys.Own(group.Id);
        var distribution = Distribution(group.Id, record).ToByteArray();
        var targets = new List<Node>();
        foreach (var device in devices)
            if (device != self && !told.Contains(device) && SessionWith(device))
            {
                targets.Add(new Node("to", [("jid", device.ToString())], [_sessions.Encrypt(device, distribution)]));
                told.Add(device);
            }
        var children = new List<Node>();
        if (targets.Count > 0)
            children.Add(new Node("participants", [], targets));
        children.Add(_senderKeys.Encrypt(group.Id, content.ToByteArray()));
        var kind = PhoneStanza.Of(content);
        if (kind.Meta is var (name, value))
            children.Add(new Node("meta", (name, value)));
        return new Node("message",
            [("id", id), ("to", group.Id.ToString()), ("type", kind.Type), ("edit", kind.Edit), ("phash", ParticipantHash.Compute(devices)), ("addressing_mode", group.ModeName)], children);
    }

    private static Message Distribution(Jid group, SenderKeyRecord record) => new()
    {
        SenderKeyDistributionMessage = new()
        {
            GroupId = group.ToString(),
            AxolotlSenderKeyDistributionMessage = ByteString.CopyFrom(SenderKeyDistribution.Create(record)),
        },
    };

    /// <summary>The answer to a retry receipt in a group: the content and our key, for that device alone (wire/04 §9.2).</summary>
    private void SendAgainToGroup(Node receipt, string id, Jid requester, int count, Jid chat, Message content)
    {
        if (_server.Groups.Find(chat) is not { } group || _server.Accounts.Find(requester) is not { } account
            || group.State.Find(account) is null || group.State.Find(_account) is null)
            return;
        var (record, told) = _senderKeys.Own(group.Id);
        told.Remove(requester);
        if (!Renew(receipt, id, requester, count))
            return;
        var payload = content.Clone();
        payload.SenderKeyDistributionMessage = Distribution(group.Id, record).SenderKeyDistributionMessage;
        told.Add(requester);
        Say(new Node("message",
            [("id", id), ("to", group.Id.ToString()), ("participant", requester.ToString()), ("type", TypeOf(content)), ("addressing_mode", group.ModeName)],
            [_sessions.Encrypt(requester, payload.ToByteArray(), count: count)]));
    }

    /// <summary>Takes the key a message brings. The group is the stanza's; one that names another is refused (wire/03 §7).</summary>
    private void TakeSenderKey(Jid group, Jid author, Message content)
    {
        if (content.SenderKeyDistributionMessage is not { } distribution)
            return;
        if (distribution.HasGroupId && distribution.GroupId != group.ToString())
            throw new SignalException(RetryReason.InvalidMessage, "the sender key is of another group");
        _senderKeys.Process(group, SenderOf(author), distribution.AxolotlSenderKeyDistributionMessage.Span);
    }

    private Jid SenderOf(Jid author) => _server.Accounts.Find(author) is { } account ? account.Phone.WithDevice(author.Device) : author;
}
