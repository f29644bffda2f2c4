using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// The attributes a message arrives with (wire/04 §8.1): addresses in the form the sender used, and the other form beside it.
/// </summary>
internal sealed record Envelope(Device Sender, Account Recipient, Jid To, Node Message, string Id, string Time)
{
    /// <summary>Attributes for one receiving device: another person's, or the sender's own.</summary>
    public IEnumerable<(string Key, string? Value)> Attributes(Device device)
    {
        var own = device.Account == Sender.Account;
        var peer = Message["category"] == "peer";
        yield return ("id", Id);
        yield return ("from", Sender.InFormOf(To).ToString());
        yield return ("type", Message["type"] ?? "text");
        yield return ("t", Time);
        yield return ("notify", Sender.Account.PushName);
        yield return (To.IsLid ? "sender_pn" : "sender_lid", own || !To.IsLid || !Sender.Account.HidesNumber ? Sender.InOtherFormOf(To).ToString() : null);
        yield return ("addressing_mode", To.IsLid ? "lid" : "pn");
        yield return ("edit", Message["edit"]);
        yield return ("category", Message["category"]);
        yield return ("push_priority", Message["push_priority"]);
        if (!own || peer)
            yield break;
        var chat = Chat();
        yield return ("recipient", chat.Address.ToString());
        yield return (chat.Address.IsLid ? "peer_recipient_pn" : "peer_recipient_lid", chat.Address.IsLid && Recipient.HidesNumber ? null : chat.Other?.ToString());
    }

    /// <summary>The chat of an own message: the recipient, or what a resend to an own device names.</summary>
    private (Jid Address, Jid? Other) Chat() =>
        Recipient == Sender.Account && Message.JidOf("recipient") is { } named
            ? (named.ToAccount(), null)
            : (Recipient.InFormOf(To), Recipient.InOtherFormOf(To));
}
