using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Tests.Messaging.Relay;

namespace WhatsApp.Protocol.Tests.Messaging.Groups;

/// <summary>A device that writes to a group, a list or its status, as the server would bring it to another device.</summary>
internal sealed class SharedSender(RelayDevice from, RelayDevice to, Jid chat)
{
    private SenderKeyRecord _key = SenderKeyRecord.NewOwn();

    /// <summary>How the stanza names the author.</summary>
    public Jid Participant { get; set; } = from.Lid;

    /// <summary>The content that gives out the key as it is now.</summary>
    public Message Distribution(string? group = null) => new()
    {
        SenderKeyDistributionMessage = new() { GroupId = group ?? chat.ToString(), AxolotlSenderKeyDistributionMessage = ByteString.CopyFrom(SenderKeyDistribution.Create(_key)) },
    };

    /// <summary>A text, with the key in front of it or not.</summary>
    public Task<Node> TextAsync(string id, string text, bool withKey = false) => StanzaAsync(id, new Message { Conversation = text }, withKey ? Distribution() : null);

    /// <summary>Any content, with another content in front of it or not.</summary>
    public async Task<Node> StanzaAsync(string id, Message content, Message? pair = null, params (string, string?)[] attributes)
    {
        List<Node> children = [];
        if (pair is not null)
            children.Add((await RawSend.EncryptAsync(from, to, pair.ToByteArray())).Child("enc")!);
        var encrypted = SenderKeyCipher.Encrypt(_key, MessagePadding.Pad(content.ToByteArray()));
        _key = encrypted.Next;
        children.Add(new Node("enc", [("v", "2"), ("type", "skmsg")], encrypted.Ciphertext));
        return new Node("message", [("id", id), ("from", chat.ToString()), ("participant", Participant.ToString()), ("type", "text"), ("t", "1700000000"), .. attributes], children);
    }
}
