using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Phones;

/// <summary>What a phone shows and sees beside messages (wire/04 §15, wire/07 §7, §9).</summary>
public sealed partial class VirtualPhone
{
    private readonly PhoneLog<PhoneSignal> _signals = new(1000);

    /// <summary>Presence and typing of others in order of arrival.</summary>
    public IReadOnlyList<PhoneSignal> Signals => _signals.All();

    /// <summary>The first presence or typing, past or future, that fits.</summary>
    public Task<PhoneSignal> WaitForSignalAsync(Func<PhoneSignal, bool> fits, CancellationToken cancellationToken) => _signals.FirstAsync(fits, cancellationToken);

    /// <summary>Says presence available or unavailable.</summary>
    public void SetPresence(bool available) =>
        Say(new Node("presence", ("type", available ? "available" : "unavailable"), ("name", PushName)));

    /// <summary>Asks for somebody's presence.</summary>
    public void WatchPresence(string to) => Say(new Node("presence", ("type", "subscribe"), ("to", Recipient(to).ToString())));

    /// <summary>Shows or ends "typing" in a chat.</summary>
    public void SetTyping(string to, bool typing) =>
        Say(new Node("chatstate", [("to", Recipient(to).ToString())], [new Node(typing ? "composing" : "paused")]));

    /// <summary>Shows "recording" in a chat.</summary>
    public void SetRecording(string to) =>
        Say(new Node("chatstate", [("to", Recipient(to).ToString())], [new Node("composing", ("media", "audio"))]));

    /// <summary>Whether authors learn that this account read their messages; a change is told to the companions.</summary>
    public bool SendsReadReceipts
    {
        get
        {
            lock (_account.Gate)
                return _account.SendsReadReceipts;
        }
        set
        {
            lock (_account.Gate)
                _account.SendsReadReceipts = value;
            _server.Notifications.PrivacyChanged(_device, "readreceipts", value ? "all" : "none");
        }
    }

    private void ReceiveSignal(Node stanza)
    {
        if (stanza.JidOf("from") is not { } from)
            return;
        var state = stanza.Tag == "presence" ? stanza["type"] ?? "available"
            : stanza.Children is [var doing, ..] ? doing["media"] == "audio" ? "recording" : doing.Tag : "";
        _signals.Add(new PhoneSignal(from, state));
    }
}

/// <summary>Presence or typing a phone saw.</summary>
/// <param name="From">In the form the server used.</param>
/// <param name="State">available, unavailable, composing, recording, paused.</param>
public sealed record PhoneSignal(Jid From, string State);
