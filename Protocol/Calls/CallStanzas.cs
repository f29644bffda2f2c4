using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol.Calls;

/// <summary>One signal of a call.</summary>
/// <param name="Signal">offer, accept, reject, terminate …</param>
/// <param name="CallId">Which call.</param>
/// <param name="Creator">The device that began it, as the server named it.</param>
/// <param name="Phone">The caller's phone-number account, when told.</param>
/// <param name="Group">The group, when told.</param>
/// <param name="IsGroup">Of a group.</param>
/// <param name="IsVideo">With pictures.</param>
internal sealed record CallSignal(string Signal, string CallId, Jid Creator, Jid? Phone, Jid? Group, bool IsGroup, bool IsVideo)
{
    /// <summary>What it means for a user; null = nothing.</summary>
    public CallState? State => Signal switch
    {
        "offer" or "offer_notice" => CallState.Received,
        "accept" => CallState.Accepted,
        "reject" => CallState.Rejected,
        "terminate" => CallState.Ended,
        _ => null,
    };
}

/// <summary>
/// Calls, signals only (wire/07 §11). Pure.
/// <code>
/// &lt;call from id t&gt;&lt;offer|offer_notice|accept|reject|terminate… call-id call-creator [group-jid] [caller_pn]&gt;[&lt;video/&gt;][&lt;group_info/&gt;]&lt;/…&gt;&lt;/call&gt;
/// → &lt;receipt to id&gt;&lt;offer|accept|reject|enc_rekey call-id call-creator/&gt;&lt;/receipt&gt;, or &lt;ack class="call" type id to/&gt;
/// refuse: &lt;call id to=creator from=own&gt;&lt;reject call-id call-creator count="0"/&gt;&lt;/call&gt;
/// </code>
/// </summary>
internal static class CallStanzas
{
    private const int MaxCallId = 128;

    /// <summary>What a stanza signals; null = nothing we know.</summary>
    public static CallSignal? Read(Node call)
    {
        if (call.Children is not [var signal, ..] || signal["call-id"] is not { Length: > 0 and <= MaxCallId } id
            || (signal.JidOf("call-creator") ?? call.JidOf("from")) is not { IsUser: true, User.Length: > 0 } creator)
            return null;
        var group = signal.JidOf("group-jid") is { IsGroup: true } jid ? jid : (Jid?)null;
        var phone = creator.IsPhone ? creator.ToAccount() : signal.JidOf("caller_pn") is { IsPhone: true } told ? told.ToAccount() : (Jid?)null;
        return new CallSignal(signal.Tag, id, creator, phone, group, group is not null || signal.Child("group_info") is not null,
            signal.Child("video") is not null || signal["media"] == "video");
    }

    /// <summary>The answer every signal gets.</summary>
    public static Node Answer(Node call) => call.Children is [{ Tag: "offer" or "accept" or "reject" or "enc_rekey" } signal, ..]
        ? new Node("receipt", [("to", call["from"]), ("id", call["id"])], [new Node(signal.Tag, ("call-id", signal["call-id"]), ("call-creator", signal["call-creator"]))])
        : StanzaAck.Of(call, null);

    /// <summary>Refuses a call.</summary>
    /// <param name="id">Of the new stanza.</param>
    /// <param name="signal">The offer.</param>
    /// <param name="own">Own account in the form of the caller's address.</param>
    public static Node Reject(string id, CallSignal signal, Jid own) =>
        new("call", [("id", id), ("to", signal.Creator.ToAccount().ToString()), ("from", own.ToString())],
            [new Node("reject", ("call-id", signal.CallId), ("call-creator", signal.Creator.ToString()), ("count", "0"))]);
}
