using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using Account = WhatsApp.Sandbox.Accounts.Account;
using Device = WhatsApp.Sandbox.Accounts.Device;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Sending (wire/04 §3-4): one ciphertext per device of the recipient, a deviceSentMessage to each own companion.</summary>
public sealed partial class VirtualPhone
{
    private const int KeptForRetries = 1000;
    private readonly Dictionary<string, (Jid To, Message Content)> _sent = [];
    private readonly Queue<string> _sentOrder = new();

    /// <summary>Sends a text. Returns once it is queued for every device of the recipient.</summary>
    /// <param name="to">Digits or PN JID: addressed by phone number; LID JID: addressed by LID; group JID.</param>
    /// <param name="text">The text.</param>
    /// <param name="messageId">Own choice of id; null = a new one.</param>
    /// <returns>The message id.</returns>
    /// <exception cref="PhoneException">The recipient is not on this network.</exception>
    public string SendText(string to, string text, string? messageId = null) =>
        SendMessage(to, new Message { Conversation = text }, messageId);

    /// <summary>Sends what somebody wrote that needs no file, as <see cref="SendText"/>.</summary>
    public string Send(PhoneWriting writing)
    {
        ArgumentNullException.ThrowIfNull(writing);
        return PhoneFile.TypeOf(writing.Kind) is null ? Send(writing, null) : throw new PhoneException("files are sent with SendAsync");
    }

    /// <summary>Sends what somebody wrote, a file first to the media hosts, as <see cref="SendText"/>.</summary>
    public async Task<string> SendAsync(PhoneWriting writing, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writing);
        var file = PhoneFile.TypeOf(writing.Kind) is { } type ? await PhoneFile.UploadAsync(_server, writing, type, cancellationToken) : null;
        return Send(writing, file);
    }

    private string Send(PhoneWriting writing, PhoneFile? file)
    {
        var to = writing.To ?? throw new ArgumentException("to is missing", nameof(writing));
        var chat = Recipient(to);
        Message content;
        lock (_gate)
            content = Compose(writing, chat, file);
        return SendMessage(to, content, writing.MessageId);
    }

    /// <summary>Sends any content, as <see cref="SendText"/>.</summary>
    public string SendMessage(string to, Message content, string? messageId = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        var chat = Recipient(to);
        var group = chat.IsGroup ? GroupOf(chat) : null;
        var recipient = group is null ? _server.Accounts.Find(chat) ?? throw new PhoneException("the recipient is not on WhatsApp") : null;
        if (_account.HidesNumber && recipient is not null)
            chat = recipient.Lid;
        var id = messageId ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        content = content.Clone();
        content.MessageContextInfo ??= new MessageContextInfo();
        if (!content.MessageContextInfo.HasMessageSecret)
            content.MessageContextInfo.MessageSecret = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));
        lock (_gate)
        {
            Keep(id, chat, content);
            Say(group is null ? Stanza(id, chat, recipient!, content) : GroupStanza(id, group, content));
        }
        return id;
    }

    /// <summary>Sends a read receipt for a message from somebody else.</summary>
    /// <exception cref="PhoneException">No such message.</exception>
    public void MarkRead(string messageId)
    {
        var message = Messages.FirstOrDefault(one => one.MessageId == messageId && !one.FromMe) ?? throw new PhoneException("no such message");
        Say(ReadReceipt(message));
    }

    /// <summary>Says that a voice note was heard or a view-once file looked at.</summary>
    /// <exception cref="PhoneException">No such message.</exception>
    public void MarkPlayed(string messageId)
    {
        var message = Messages.FirstOrDefault(one => one.MessageId == messageId && !one.FromMe) ?? throw new PhoneException("no such message");
        Say(ReadReceipt(message, "played"));
    }

    private Node ReadReceipt(PhoneMessage message, string type = "read") => new("receipt",
        ("id", message.MessageId), ("to", message.To.IsGroup ? message.To.ToString() : message.FromDevice.ToAccount().ToString()),
        ("participant", message.To.IsGroup ? message.FromDevice.ToString() : null), ("type", type), ("t", _server.NowText));

    /// <summary>The address somebody typed: digits, PN JID, LID JID or group JID.</summary>
    private static Jid Recipient(string to)
    {
        if (to.Length is > 4 and <= 20 && to.TrimStart('+').All(char.IsAsciiDigit))
            return new Jid(to.TrimStart('+'), Jid.PhoneServer);
        return Jid.TryParse(to, out var jid) && (jid.IsUser || jid.IsGroup) ? jid.ToAccount() : throw new PhoneException("not a phone number, user or group address");
    }

    private Node Stanza(string id, Jid chat, Account recipient, Message content)
    {
        var plain = content.ToByteArray();
        var targets = DevicesOf(recipient).Where(device => device != _device).ToList();
        var kind = PhoneStanza.Of(content);
        (string, string?)[] attributes =
        [
            ("id", id), ("to", chat.ToString()), ("type", kind.Type), ("edit", kind.Edit),
            ("peer_recipient_pn", chat.IsLid ? recipient.Phone.ToString() : null),
        ];
        Node[] meta = kind.Meta is var (name, value) ? [new Node("meta", (name, value))] : [];
        var own = recipient == _account ? [] : DevicesOf(_account).Where(device => device != _device).ToList();
        if (recipient != _account && targets is [{ IsPhone: true } only] && own.Count == 0 && SessionWith(only.InFormOf(chat)))
            return new Node("message", attributes, [_sessions.Encrypt(only.InFormOf(chat), plain, kind.MediaType), .. meta]);
        var deviceSent = DeviceSent(chat, content).ToByteArray();
        if (recipient == _account)
            (own, targets) = (targets, []);
        var children = new List<Node>();
        foreach (var (device, payload) in targets.Select(device => (device, plain)).Concat(own.Select(device => (device, deviceSent))))
            if (SessionWith(device.InFormOf(chat)))
                children.Add(new Node("to", [("jid", device.InFormOf(chat).ToString())], [_sessions.Encrypt(device.InFormOf(chat), payload, kind.MediaType)]));
        return new Node("message", attributes, [new Node("participants", [], children), .. meta]);
    }

    /// <summary>The wrapping of a message for own devices (wire/04 §3.6).</summary>
    private static Message DeviceSent(Jid chat, Message content) => new()
    {
        DeviceSentMessage = new() { DestinationJid = chat.ToString(), Message = content },
        MessageContextInfo = content.MessageContextInfo,
    };

    private static Device[] DevicesOf(Account account)
    {
        lock (account.Gate)
            return [.. account.Devices];
    }

    /// <summary>True when there is a session, an old one or one from a fresh bundle.</summary>
    private bool SessionWith(Jid device, bool refresh = false)
    {
        if (!refresh && _sessions.Has(device))
            return true;
        var answer = Ask(new Node("iq", [("id", "bundle"), ("type", "get"), ("xmlns", "encrypt"), ("to", Jid.PhoneServer)],
            [new Node("key", [], [new Node("user", ("jid", device.ToString()))])]));
        var user = answer.Child("list")?.Child("user");
        if (user is null || PhoneSessions.ReadBundle(user, Stanzas.KeyBytes.Number(user.Child("registration"))) is not { } bundle)
            return _sessions.Has(device);
        try
        {
            _sessions.Install(device, bundle);
            return true;
        }
        catch (SignalException)
        {
            _server.Stats.Violation($"the bundle of {device} does not hold");
            return false;
        }
    }

    private void Keep(string id, Jid chat, Message content)
    {
        _sent[id] = (chat, content);
        _sentOrder.Enqueue(id);
        if (_sentOrder.Count > KeptForRetries)
            _sent.Remove(_sentOrder.Dequeue());
    }

    private static string TypeOf(Message content) => PhoneStanza.Of(content).Type;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
