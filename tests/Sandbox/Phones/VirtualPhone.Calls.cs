using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Calls, signals only (wire/07 §11).</summary>
public sealed partial class VirtualPhone
{
    private readonly PhoneLog<PhoneCall> _calls = new(1000);

    /// <summary>The first signal of a call, past or future, that fits.</summary>
    public Task<PhoneCall> WaitForCallAsync(Func<PhoneCall, bool> fits, CancellationToken cancellationToken) => _calls.FirstAsync(fits, cancellationToken);

    /// <summary>Rings at somebody; gives the call's id.</summary>
    public string Call(string to, bool video = false)
    {
        var id = Guid.NewGuid().ToString("N").ToUpperInvariant();
        SayCall(to, id, "offer", video ? [new Node("audio"), new Node("video")] : [new Node("audio")]);
        return id;
    }

    /// <summary>Hangs up.</summary>
    public void EndCall(string to, string callId) => SayCall(to, callId, "terminate", []);

    private void SayCall(string to, string callId, string signal, Node[] children) =>
        Say(new Node("call", [("id", Guid.NewGuid().ToString("N")), ("to", Recipient(to).ToString())],
            [new Node(signal, [("call-id", callId), ("call-creator", _account.InFormOf(Recipient(to)).ToString())], children)]));

    private void ReceiveCall(Node call)
    {
        if (call.JidOf("from") is { } from && call.Children is [var signal, ..] && signal["call-id"] is { } id)
            _calls.Add(new PhoneCall(from, id, signal.Tag));
    }
}

/// <summary>A signal of a call a phone saw.</summary>
public sealed record PhoneCall(Jid From, string CallId, string Signal);
